#!/usr/bin/env bash
# A policy of your own (examples/policy.json): checked, drafted, tried on a past return, published, sold under, explained.
# Needs a running local stack (`make up`), curl and Python. Usage: examples/first_policy.sh [stack name]
set -euo pipefail
cd "$(dirname "$0")/.."
NAME="${1:-dev}"
RUN="$(date +%s)"
API="$(python3 -c "import json, sys; print(json.load(open(sys.argv[1]))['api_url'])" "build/stack/$NAME/state.json")/v1"
POLICY="nordlicht-$RUN"
VERSION="$POLICY-1"
DRAFT="$(mktemp -d)/policy.json"
trap 'rm -r "$(dirname "$DRAFT")"' EXIT

token() { bin/tuiku token "$1" --name "$NAME"; }
get() { python3 -c "import json, sys; d = json.load(sys.stdin); print(eval(sys.argv[1], {'d': d}))" "$1"; }
days_ago() { date -u -d "-$1 days" +%FT%TZ 2>/dev/null || date -u -v"-$1d" +%FT%TZ; }
send() { # METHOD PATH ROLE'S-TOKEN BODY
  curl --silent --show-error --fail-with-body -X "$1" "$API$2" -H "Authorization: Bearer $3" \
    -H "Content-Type: application/json" -H "Idempotency-Key: $RUN$2-$1-$(cksum <<<"$4" | cut -d' ' -f1)" -d "$4"
}
sold() { # ORDER-NO POLICY: three mugs for 99.99 EUR, delivered a week ago
  send PUT "/orders/$1" "$MACHINE" "{
    \"customer_id\": \"cus-1001\", \"channel\": \"web\", \"region\": \"DE\", $EUR, \"tax_included\": true,
    \"placed_at\": \"$(days_ago 9)\", \"policy\": \"$2\",
    \"lines\": [{\"line_no\": \"1\", \"sku\": \"MUG-1\", \"name\": \"Mug\", \"category\": \"kitchen\", \"quantity\": 3,
               \"unit_price\": {\"amount\": \"33.33\", $EUR}, \"unit_cost\": {\"amount\": \"4.00\", $EUR}}],
    \"payments\": [{\"payment_id\": \"card\", \"method\": \"card\", \"provider\": \"sandbox\", \"captured\": {\"amount\": \"99.99\", $EUR}}],
    \"deliveries\": [{\"delivery_no\": \"D-1\", \"warehouse\": \"BER\", \"shipped_at\": \"$(days_ago 8)\", \"delivered_at\": \"$(days_ago 7)\",
                    \"items\": [{\"line_no\": \"1\", \"quantity\": 3}]}]}" | get "d['policy_version']"
}
wish() { echo "{\"order_no\": \"$1\", \"lines\": [{\"order_line_no\": \"1\", \"quantity\": 3, \"reason\": \"CHANGED_MIND\"}]}"; }
tuiku() { # a command of the operator; 1 means that it found something, which is no failure
  bin/tuiku policy "$@" || test $? -eq 1
}
title() { printf '\n# %s\n' "$1"; }

MACHINE="$(token machine)"
CUSTOMER="$(token customer)"
EUR='"currency": "EUR"'

title "A past return, sold under what is built in"
send POST /stock/counts "$MACHINE" "{\"warehouse\": \"BER\", \"kind\": \"cycle\", \"items\": [
  {\"sku\": \"MUG-1\", \"quantity\": 50, \"unit_cost\": {\"amount\": \"4.00\", $EUR}}]}" >/dev/null
echo "order P-$RUN was sold under $(sold "P-$RUN" standard)"
send POST /returns "$CUSTOMER" "$(wish "P-$RUN")" | get "'return ' + d['number'] + ' is worth ' + d['quote']['amount'] + ' EUR'"
for _ in $(seq 50); do # lists lag a little, and a simulation goes by the list
  curl --silent "$API/returns?order_no=P-$RUN" -H "Authorization: Bearer $CUSTOMER" | grep -q '"number"' && break
  sleep 0.2
done

title "Check: a slip of the pen is told with its place"
python3 - "$POLICY" "$VERSION" "$(days_ago 90)" >"$DRAFT" <<'PYTHON'
import json, sys
policy, version, since = sys.argv[1:]
form = json.load(open("examples/policy.json", encoding="utf-8"))
print(json.dumps(form | {"policy": policy, "version": version, "effective_from": since}, ensure_ascii=False))
PYTHON
sed 's/customer_class/custmer_class/; s/"restocking_percent": "15"/"restocking_percent": "150"/' "$DRAFT" >"$DRAFT.wrong"
tuiku check "$DRAFT.wrong"
tuiku check "$DRAFT"

title "Draft, and try it on the past"
tuiku draft "$DRAFT" --name "$NAME"
tuiku simulate "$VERSION" --name "$NAME" --sample 1000

title "Publish: in force from now on"
tuiku publish "$VERSION" --name "$NAME"
tuiku terms "$VERSION" --name "$NAME" --lang zh-CN

title "Sell under it, and ask what comes back"
echo "order N-$RUN was sold under $(sold "N-$RUN" "$POLICY")"
send POST /returns/quote "$CUSTOMER" "$(wish "N-$RUN")" | python3 -c "import json, sys
quote = json.load(sys.stdin)
print('worth', quote['total']['amount'], 'EUR')
for fee in quote['fees']:
    print(f\"  less {fee['amount']['amount']:>6} EUR {fee['kind']}\")
print('back ', quote['refund']['amount'], 'EUR')"

title "Why"
ID="$(send POST /returns "$CUSTOMER" "$(wish "N-$RUN")" | get "d['id']")"
tuiku explain "$ID" --name "$NAME"
