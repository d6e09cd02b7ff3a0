#!/usr/bin/env bash
# One return from nothing to its refund, as a client would do it. Needs a running local stack (`make up`), curl and Python.
# Usage: examples/first_return.sh [stack name]
set -euo pipefail
cd "$(dirname "$0")/.."
NAME="${1:-dev}"
RUN="$(date +%s)"
API="$(python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['api_url'])" "build/stack/$NAME/state.json")/v1"

token() { bin/tuiku token "$1" --name "$NAME"; }
get() { python3 -c "import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1], {'d': d}))" "$1"; }
send() { # METHOD PATH ROLE'S-TOKEN BODY [IF-MATCH]
  curl --silent --show-error --fail-with-body -X "$1" "$API$2" -H "Authorization: Bearer $3" \
    -H "Content-Type: application/json" -H "Idempotency-Key: $RUN$2-$1" ${5:+-H "If-Match: $5"} -d "$4"
}
step() { # TITLE PATH ROLE'S-TOKEN BODY: a command on the return at the version last seen
  local answer
  answer="$(send POST "/returns/$ID/$2" "$3" "$4" "\"v$VERSION\"")"
  VERSION="$(get "d['version']" <<<"$answer")"
  printf '%-22s %s\n' "$1" "$(get "d.get('status') or d['state'] + ' ' + d['paid']['amount'] + ' ' + d['paid']['currency']" <<<"$answer")"
}

MACHINE="$(token machine)"
SALES="$(token sales)"
EUR='"currency": "EUR"'

send POST /stock/counts "$MACHINE" "{\"warehouse\": \"BER\", \"kind\": \"cycle\", \"items\": [
  {\"sku\": \"MUG-1\", \"quantity\": 50, \"unit_cost\": {\"amount\": \"4.00\", $EUR}}]}" >/dev/null
echo "counted                50 MUG-1 in BER"

send PUT "/orders/A-$RUN" "$MACHINE" "{
  \"customer_id\": \"cus-1001\", \"channel\": \"web\", \"region\": \"DE\", $EUR, \"tax_included\": true,
  \"placed_at\": \"$(date -u -d '-9 days' +%FT%TZ 2>/dev/null || date -u -v-9d +%FT%TZ)\", \"policy_version\": \"standard-30d\",
  \"discount\": {\"amount\": \"10.00\", $EUR},
  \"lines\": [{\"line_no\": \"1\", \"sku\": \"MUG-1\", \"name\": \"Mug\", \"category\": \"kitchen\", \"quantity\": 3,
             \"unit_price\": {\"amount\": \"100.00\", $EUR}, \"unit_cost\": {\"amount\": \"4.00\", $EUR}}],
  \"payments\": [{\"payment_id\": \"pay-$RUN\", \"method\": \"card\", \"provider\": \"sandbox\",
                \"captured\": {\"amount\": \"290.00\", $EUR}}],
  \"deliveries\": [{\"delivery_no\": \"D-1\", \"warehouse\": \"BER\",
                  \"shipped_at\": \"$(date -u -d '-8 days' +%FT%TZ 2>/dev/null || date -u -v-8d +%FT%TZ)\",
                  \"items\": [{\"line_no\": \"1\", \"quantity\": 3}]}]}" >/dev/null
echo "sold and shipped       3 for 290.00 EUR (order A-$RUN)"

RETURN="$(send POST /returns "$SALES" "{\"order_no\": \"A-$RUN\",
  \"lines\": [{\"order_line_no\": \"1\", \"quantity\": 1, \"reason\": \"CHANGED_MIND\"}]}")"
ID="$(get "d['id']" <<<"$RETURN")"
VERSION="$(get "d['version']" <<<"$RETURN")"
echo "asked to return 1      $(get "d['status'] + ', number ' + d['number'] + ', worth ' + d['quote']['amount'] + ' EUR'" <<<"$RETURN")"

step "approved" approve "$(token reviewer)" '{}'
step "parcel received" receipts "$(token warehouse)" '{"warehouse": "BER", "items": [{"sku": "MUG-1", "quantity": 1}]}'
step "inspected, as new" inspections "$(token inspector)" \
  '{"groups": [{"line_no": "1", "quantity": 1, "grade": "A", "result": "passed"}]}'
step "back on the shelf" dispositions "$(token inspector)" \
  '{"items": [{"line_no": "1", "quantity": 1, "disposition": "RESTOCK"}]}'
step "money back" settlements "$(token finance)" '{"mode": "execute"}'

echo
curl --silent --show-error "$API/returns/$ID/timeline" -H "Authorization: Bearer $SALES" |
  python3 -c "import json, sys
for event in json.load(sys.stdin)['items']:
    print(f\"{event['seq']:>3}  {event['time']}  {event['type']}\")"
