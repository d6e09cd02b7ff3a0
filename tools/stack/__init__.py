"""The local stack: an emulated AWS with the deployed application in it.

`python -m tools.stack up` starts everything; `tools.stack.client.Stack.load()` talks to it.
"""
