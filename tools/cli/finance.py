"""`tuiku finance`: the commands about money, as one group."""

import typer

from tools.cli.finance_credit import credit, credits_
from tools.cli.finance_journal import journal
from tools.cli.finance_notes import credit_notes
from tools.cli.finance_reading import ledger, settlements

_HELP = """Money: how returns were settled, the money ledger, store credit, credit notes, journals.

These commands read. To compare the books with what payment providers list, see `tuiku reconcile
--of payments`.
"""

finance = typer.Typer(name="finance", no_args_is_help=True, rich_markup_mode="markdown", help=_HELP)
finance.command()(settlements)
finance.command()(ledger)
finance.command()(credit)
finance.command("credits")(credits_)
finance.command("credit-notes")(credit_notes)
finance.command()(journal)
