"""Who does what by when. A task is opened by the event that needs a person."""
