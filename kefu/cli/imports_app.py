"""The commands of `kefu import`, `kefu export` and `kefu passages`, and their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import_app = typer.Typer(
    help="Bring your own knowledge: passages, products, past chats.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip
export_app = typer.Typer(help="Take the shop's knowledge out.", no_args_is_help=True, rich_markup_mode=None)
passages_app = typer.Typer(help="The passages in the store.", no_args_is_help=True, rich_markup_mode=None)

DryOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
KeepGoodOption = Annotated[
    bool, typer.Option("--keep-good", help="Take the good rows where some are bad; else none is taken.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]
CompareOption = Annotated[
    bool, typer.Option("--compare/--no-compare", help="Look for duplicates and contradictions.")
]
LanguageOption = Annotated[
    str | None, typer.Option("--language", metavar="en|zh", help="Of rows that name none; else it is told "
                                                                  "by the words.")
]  # fmt: skip
MostOption = Annotated[int, typer.Option("--most-mb", min=1, help="The largest file that is read, MB.")]
_MEGABYTE = 1_000_000


@import_app.command("faq")
def import_faq(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="CSV, JSON, JSONL, MD, HTML, DOCX, PDF.")
    ],
    dry_run: DryOption = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Take out what the files do not hold; watched sources keep theirs."),
    ] = False,
    keep_good: KeepGoodOption = False,
    compare: CompareOption = True,
    language: LanguageOption = None,
    most_mb: MostOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Passages from files into the store, in one transaction."""
    from kefu.cli.imports import Options, faq

    options = Options(dry_run, replace, keep_good, as_json, compare, language, most_mb * _MEGABYTE)
    raise typer.Exit(faq(files, options))


@import_app.command("products")
def import_products(
    file: Annotated[Path, typer.Argument(help="CSV or JSON with the columns of data/shop/products.csv.")],
    dry_run: DryOption = False,
    keep_good: KeepGoodOption = False,
    most_mb: MostOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Products into the catalogue, added or put in place of those of the same id."""
    from kefu.cli.products import products

    status = products(file, dry_run=dry_run, keep_good=keep_good, as_json=as_json,
                      most_bytes=most_mb * _MEGABYTE)  # fmt: skip
    raise typer.Exit(status)


@import_app.command("dialogs")
def import_dialogs(
    file: Annotated[Path, typer.Argument(help="CSV, JSON or JSONL with conversation, from, text, at.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Where the proposals go.")
    ] = None,
    keep_good: KeepGoodOption = False,
    most_mb: MostOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Past chats as proposals in a file for a person to review; nothing goes live by it."""
    from kefu.cli.dialogs import dialogs

    raise typer.Exit(
        dialogs(file, out=out, keep_good=keep_good, as_json=as_json, most_bytes=most_mb * _MEGABYTE)
    )


@import_app.command("watch")
def import_watch(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE…", help="A folder, a file, a URL, or a .txt with a URL a line."),
    ],
    every: Annotated[str, typer.Option("--every", metavar="TIME", help="Such as 15m, 1h or 1d.")] = "1h",
    once: Annotated[bool, typer.Option("--once", help="Read them once and end, for cron.")] = False,
    dry_run: DryOption = False,
    keep_good: KeepGoodOption = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let a redirect lead to a private address.")
    ] = False,
    compare: CompareOption = True,
    language: LanguageOption = None,
    most_mb: MostOption = 50,
    as_json: JsonOption = False,
) -> None:
    """Read folders and pages again and again, and keep the store like them."""
    from kefu.cli.imports import Options
    from kefu.cli.watching import seconds_of, watch
    from kefu.knowledge.readers.web import Web

    options = Options(dry_run, False, keep_good, as_json, compare, language, most_mb * _MEGABYTE)
    web = Web(most_bytes=options.most_bytes, allow_private=allow_private)
    raise typer.Exit(watch(sources, options, web=web, every=None if once else seconds_of(every)))


@export_app.command("faq")
def export_faq(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv|FILE.json")],
    language: Annotated[str | None, typer.Option("--language", help="Of this language alone.")] = None,
) -> None:
    """All passages into a file that `kefu import faq` reads back the same."""
    from kefu.cli.exports import faq

    faq(file, language=language)


@passages_app.command("check")
def check_passages(as_json: JsonOption = False) -> None:
    """Duplicates, contradictions and numbers that the policy has otherwise; status 1 where there are any."""
    from kefu.cli.imports import check

    raise typer.Exit(check(as_json=as_json))
