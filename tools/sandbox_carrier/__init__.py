"""A carrier to try labels, pickups and tracking with: no vans, but all the trouble of a real one.

    python -m tools.sandbox_carrier --port 0

The first line printed is JSON: {"url": "http://127.0.0.1:41234", "port": 41234, "pid": 4711}.
It listens on 127.0.0.1 only and keeps its books in memory.

    POST /v1/labels        header Idempotency-Key; {"reference", "units", "expires_at"} and
                           optionally "warehouse", "sender", "media_type" (application/pdf or zpl)
                           201 {"key", "tracking_no", "media_type", "content", "expires_at"};
                           200 with Idempotent-Replayed: true for a key seen before;
                           422 {"code": "refused", "key", "reason"}: never under this key;
                           409 key_reused for a key with another body; 400 for a bad request
    GET  /v1/pickup-slots  ?from=2026-11-21 &warehouse= &postcode=: {"slots": [{"slot_id", "day",
                           "window"}]}, those of the next five days that are free
    POST /v1/pickups       header Idempotency-Key; {"slot_id", "reference", "units"} and optionally
                           "warehouse", "sender"; as labels, {"key", "reference", "tracking_no",
                           "slot_id", "day", "window"}
    POST /v1/void          {"key"}: 200 {"key", "status": "voided"}, also for a key never seen;
                           422 refused, reason already_scanned
    GET  /health           {"status": "ok"}
    GET  /_sandbox/parcels what is in the books
    POST /_sandbox/reset   forgets everything
    POST /_sandbox/script  {"on": "label"|"pickup"|"void"|"slots", "do": ["late", "lost", ...]} and
                           optionally "reference": what becomes of the next such requests
    POST /_sandbox/send    {"url", "secret", "events": [{"tracking_no", "status", ...}]} and
                           optionally "times", "order" (given, reversed), "together", "age_s":
                           sends signed events to the API and tells what it answered; a parcel
                           that was picked up cannot be void any more

Words of a script: refuse (a definite no), late (done, answered too late), lost (never done, never
answered), error (500, not done), error-after (done, 500), malformed (done, half of the JSON).
"""

from tools.sandbox_carrier.server import CARRIER, RunningCarrier, start

__all__ = ["CARRIER", "RunningCarrier", "start"]
