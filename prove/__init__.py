"""The promises of docs/promises.md, each tried at full scale on the real handlers under faults."""
