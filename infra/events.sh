#!/bin/sh
# Makes the event subscriptions, after the code: the webhook's key exists once the app has a blob trigger. Then sees that
# each names a function that the app has, that every party has one, and that none is left of a party that has gone: the
# functions host answers 202 to an event for a function that it does not have, and drops it.
# azd runs this after `azd deploy`, with the outputs of main.bicep in the environment. Run again, it changes nothing.
set -eu

# A fresh app needs a moment until it knows its own triggers; Event Grid asks it to answer before it subscribes.
feeds=""
for wait in 15 30 60 0; do
  if feeds=$(az deployment group create --name events \
    --resource-group "$AZURE_RESOURCE_GROUP" --template-file infra/bicep/events.bicep \
    --parameters accountName="$EXCHANGE_ACCOUNT" topicName="$EXCHANGE_TOPIC" \
    functionAppName="$EXCHANGE_FUNCTION_APP" privateNetwork="$EXCHANGE_PRIVATE_NETWORK" \
    --query "properties.outputs.feeds.value[].join(' ', [name, function])" --output tsv); then
    break
  fi
  feeds=""
  sleep "$wait"
done
if [ -z "$feeds" ]; then
  echo "The event subscriptions were not made: no drop will be noticed but by reconciliation. Run this again." >&2
  exit 1
fi

functions=$(az functionapp function list --resource-group "$AZURE_RESOURCE_GROUP" --name "$EXCHANGE_FUNCTION_APP" \
  --query "[].join(' ', [name, to_string(isDisabled)])" --output tsv)
subscriptions=$(az eventgrid system-topic event-subscription list --resource-group "$AZURE_RESOURCE_GROUP" \
  --system-topic-name "$EXCHANGE_TOPIC" --query "[].name" --output tsv)
wrong=0
say() {
  echo "$1" >&2
  wrong=1
}
has() { printf '%s\n' "$1" | grep -qxF -- "$2"; }

names=$(printf '%s\n' "$functions" | sed 's,.*/,,')
while read -r feed function; do
  if ! has "$subscriptions" "$feed"; then
    say "EVT-015: $feed has no event subscription. Run this again."
  fi
  if has "$names" "$function true"; then
    # Somebody may have meant it, so it stops nothing.
    echo "EVT-016: $function is disabled: its events are dropped in silence (docs/operators/reconciliation.md)." >&2
  elif ! has "$names" "$function false" && ! has "$names" "$function null"; then
    say "EVT-014: the subscription $feed names the function $function, which the app does not have. Deploy the code again."
  fi
done <<END
$feeds
END
known=$(printf '%s\n' "$feeds" | sed 's/ .*//')
while read -r subscription; do
  if [ -n "$subscription" ] && ! has "$known" "$subscription"; then
    say "EVT-019: no party of the agreement has the subscription $subscription. Delete it (docs/operators/leaving.md)."
  fi
done <<END
$subscriptions
END
exit "$wrong"
