"""Composition only: the application, its cross-origin rules, and what it serves."""

import gc

# Nothing that imports make is garbage, and looking for some takes a third of a cold start.
gc.disable()

from chalice.app import Chalice

from chalicelib.api.cors import CORS
from chalicelib.composing import compose

app = Chalice(app_name="tuiku", configure_logs=False)
app.api.cors = CORS
compose(app)

# What is imported stays for ever, so later collections need not look at it.
gc.freeze()
gc.enable()
