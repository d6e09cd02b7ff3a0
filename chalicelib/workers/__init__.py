"""Everything that is not HTTP: queues, the stream, schedules; and the boundary around them."""
