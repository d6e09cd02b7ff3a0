"""`tuiku policy`: the commands about policies, as one group."""

import typer

from tools.cli.policy_drafts import check, draft, end, publish
from tools.cli.policy_explain import explain
from tools.cli.policy_reading import list_versions, show, terms
from tools.cli.policy_simulate import simulate

_HELP = """Policies: what may come back, until when and on which terms.

A document is checked (`check`), kept (`draft`), tried on past returns (`simulate`) and put in force
(`publish`); what is published is never changed, only ended.
"""

policy = typer.Typer(name="policy", no_args_is_help=True, rich_markup_mode="markdown", help=_HELP)
policy.command("list")(list_versions)
policy.command()(show)
policy.command()(check)
policy.command()(draft)
policy.command()(publish)
policy.command()(end)
policy.command()(terms)
policy.command()(simulate)
policy.command()(explain)
