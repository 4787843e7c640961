"""The characters that symbol fonts draw instead of letters, as far as they say something."""

_GREEK = dict(
    zip(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        "\u0391\u0392\u03a7\u0394\u0395\u03a6\u0393\u0397\u0399\u03d1\u039a\u039b\u039c\u039d\u039f\u03a0\u0398\u03a1\u03a3\u03a4\u03a5"
        "\u03c2\u03a9\u039e\u03a8\u0396\u03b1\u03b2\u03c7\u03b4\u03b5\u03c6\u03b3\u03b7\u03b9\u03d5\u03ba\u03bb\u03bc\u03bd\u03bf\u03c0"
        "\u03b8\u03c1\u03c3\u03c4\u03c5\u03d6\u03c9\u03be\u03c8\u03b6",
        strict=True,
    )
)
_SIGNS = dict(
    zip(
        "\xa0\xa3\xa5\xac\xae\xb0\xb1\xb3\xb4\xb8\xb9\xbb\xd6\xe5",
        "\u20ac\u2264\u221e\u2190\u2192\u00b0\u00b1\u2265\u00d7\u00f7\u2260\u2248\u221a\u2211",
        strict=True,
    )
)
_BY_FONT = {
    "symbol": {**_GREEK, **_SIGNS},
    "wingdings": dict(zip("\xfb\xfc\xfd\xfe\xa8o\xe0", "\u2717\u2713\u2612\u2611\u2610\u2610\u2192", strict=True)),
    "wingdings 2": dict(zip("OPQRS\xa3*", "\u2717\u2713\u2612\u2611\u2612\u2610\u2610", strict=True)),
}


def read_symbol(font: str, code: int) -> str:
    """The character that a font draws for a code, private or not; a bullet where it is not known."""
    character = chr(code - 0xF000 if 0xF000 <= code <= 0xF0FF else code)
    known = _BY_FONT.get(font.lower(), {}).get(character)
    return known or (character if 0x20 <= code < 0xD800 and font.lower() not in _BY_FONT else "\u2022")
