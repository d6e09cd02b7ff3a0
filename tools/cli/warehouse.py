"""`tuiku warehouse`: what lies, arrives, is worked on and goes back, as one group."""

import typer

from tools.cli.warehouse_devices import devices, enrol_code
from tools.cli.warehouse_goods import receivings, work_orders
from tools.cli.warehouse_scorecards import scorecard
from tools.cli.warehouse_stock import alerts, atp, stock
from tools.cli.warehouse_vendor import rtv

_HELP = """The warehouse: stock, scanners, counts at the door, work, returns to suppliers.

These commands read, but for `enrol-code` and `devices revoke`. Stock that is not what the ledger
says: `tuiku verify`. Scans that failed: `tuiku redrive scans`.
"""

warehouse = typer.Typer(
    name="warehouse", no_args_is_help=True, rich_markup_mode="markdown", help=_HELP
)
warehouse.command()(stock)
warehouse.command()(alerts)
warehouse.command()(atp)
warehouse.add_typer(devices)
warehouse.command("enrol-code")(enrol_code)
warehouse.add_typer(scorecard)
warehouse.add_typer(rtv)
warehouse.command("work-orders")(work_orders)
warehouse.command()(receivings)
