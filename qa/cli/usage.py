"""Commands that explain themselves: examples in every help, options in groups, wrong usage in one line.

Click parses. Added here are options that take several values, as shells expand `*.pdf` to, and words that begin with "-".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

OPTIONS = "Options"


class Option(click.Option):
    """An option under a heading of the help; with `several`, it takes all values up to the next option."""

    def __init__(
        self,
        param_decls: Sequence[str] | None = None,
        *,
        group: str = OPTIONS,
        several: bool = False,
        multiple: bool = False,
        **settings: Any,
    ) -> None:
        """Make an option as click does; one with `several` can be repeated too."""
        super().__init__(param_decls, multiple=several or multiple, **settings)
        self.group, self.several = group, several


def parsed_by(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """Make a callback of an option that parses its value, and names the option where `parse` raises ValueError."""

    def callback(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        try:
            return None if value is None else parse(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}.", ctx, parameter) from error

    return callback


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """Make a function that parses a whole number from `least` to `most`, both included."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"-?[0-9]+", text):
            raise ValueError(f"{text!r} is not a whole number")
        if most is not None and not least <= int(text) <= most:
            raise ValueError(f"{text} is not between {least} and {most}")
        if int(text) < least:
            raise ValueError(f"{text} is not at least {least}")
        return int(text)

    return parse


class _Explained(click.Command):
    """A command whose option for help is described like the others."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the option for help."""
        option = super().get_help_option(ctx)
        if option:
            option.help = "show this help"
        return option


class Command(_Explained):
    """A command whose help describes its arguments and shows examples.

    Attributes:
        interrupted: What to say after Ctrl-C.
    """

    def __init__(
        self,
        *arguments: Any,
        describe: Mapping[str, str] | None = None,
        examples: Sequence[str] = (),
        interrupted: str = "interrupted",
        **settings: Any,
    ) -> None:
        """Make a command; `describe` has a line for each argument, by its name in the help, and `examples` are command lines."""
        super().__init__(*arguments, **settings)
        self.describe, self.examples, self.interrupted = describe or {}, examples, interrupted

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, summary, arguments, options by group, and examples."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        if self.describe:
            with formatter.section("Arguments"):
                formatter.write_dl(list(self.describe.items()))
        write_examples(formatter, self.examples)
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", OPTIONS), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, written as click takes them."""
        return super().parse_args(ctx, self._spell_out(ctx, args))

    def _spell_out(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        """Repeat an option before each of its values, and put all that is no option last, after "--"."""
        taking = {
            name: parameter
            for parameter in self.params
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        given: list[str] = []
        words: list[str] = []
        place = 0
        while place < len(args):
            argument, place = args[place], place + 1
            if argument == "--":
                words += args[place:]
                break
            if _is_word(argument):
                words.append(argument)
            elif argument not in taking:
                given.append(argument)
            else:
                end = place
                most = len(args) if getattr(taking[argument], "several", False) else place + 1
                while end < min(most, len(args)) and _is_word(args[end]):
                    end += 1
                if end == place and not ctx.resilient_parsing:
                    raise click.BadOptionUsage(argument, f"Option {argument!r} requires an argument.", ctx)
                given += [part for value in args[place:end] for part in (argument, value)]
                place = end
        return [*given, "--", *words] if words else given


class Group(_Explained, click.Group):
    """The program: its commands in the order they were written, and examples."""

    def __init__(self, *arguments: Any, examples: Sequence[str] = (), **settings: Any) -> None:
        """Make a group as click does; `examples` are command lines."""
        super().__init__(*arguments, **settings)
        self.examples = examples

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands, those used most first."""
        return list(self.commands)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, summary, examples, commands and options."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        write_examples(formatter, self.examples)
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, (command.help or "").partition(". ")[0].rstrip(".")) for name, command in self.commands.items()]
            )
        click.Command.format_options(self, ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; raise UsageError with those spelt nearly alike, or all, if there is none of this name."""
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            from difflib import get_close_matches

            near = get_close_matches(name, self.commands)
            advice = f"Did you mean {_listed(near)}?" if near else f"Commands: {', '.join(self.commands)}."
            raise click.UsageError(f"No such command {name!r}. {advice}", ctx)
        return super().resolve_command(ctx, args)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[str]) -> None:
    """Write command lines as they are, each on a line of its own."""
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


def describe_usage(error: click.UsageError, command: str) -> str:
    """Say in one line what is wrong with a command line and where to read more; `command` is the one typed."""
    message = error.format_message()
    if isinstance(error, click.exceptions.NoSuchOption):
        message = f"No such option {error.option_name!r}."
        if error.possibilities:
            message += f" Did you mean {_listed(error.possibilities[:2])}?"
    message = message[:1].lower() + message[1:] + ("" if message.endswith((".", "?")) else ".")
    command = error.ctx.command_path if error.ctx else command
    return f"{command}: error: {message} See: {command} --help"


def _first_sentence(command: click.Command) -> str:
    return (command.help or "").partition(". ")[0].rstrip(".")


def _listed(names: Sequence[str]) -> str:
    return " or ".join(map(repr, names))


def _is_word(argument: str) -> bool:
    """Whether an argument is no option: a number below 0, or a text that only begins like one, is a word."""
    return not argument.startswith("-") or argument == "-" or " " in argument or bool(re.match(r"-\.?\d", argument))
