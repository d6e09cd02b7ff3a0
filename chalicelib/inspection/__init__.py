"""How goods that came back are judged: checklists, second looks, proposals, reports."""
