#!/bin/sh
# Makes the event subscriptions, after the code: the webhook's key exists once the app has a blob trigger.
# azd runs this after `azd deploy`, with the outputs of main.bicep in the environment. Run again, it changes nothing.
set -eu

# A fresh app needs a moment until it knows its own triggers; Event Grid asks it to answer before it subscribes.
for wait in 15 30 60 0; do
  if az deployment group create --output none --name events \
    --resource-group "$AZURE_RESOURCE_GROUP" --template-file infra/bicep/events.bicep \
    --parameters accountName="$EXCHANGE_ACCOUNT" topicName="$EXCHANGE_TOPIC" \
    functionAppName="$EXCHANGE_FUNCTION_APP" privateNetwork="$EXCHANGE_PRIVATE_NETWORK"; then
    exit 0
  fi
  sleep "$wait"
done
echo "The event subscriptions were not made: no drop will be noticed. Run this again." >&2
exit 1
