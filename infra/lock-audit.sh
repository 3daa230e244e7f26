#!/bin/sh
# Locks the retention of the audit containers: from then on nobody, not even the owner, can shorten it or delete a log
# before its day, and the account cannot be removed. That cannot be undone, so it happens only when it was asked for:
#   azd env set LOCK_AUDIT yes
set -eu

if [ "${LOCK_AUDIT:-no}" != "yes" ]; then
  echo "The audit containers are append-only, but not locked (docs/operators/deployment.md)."
  exit 0
fi
for container in $EXCHANGE_AUDIT_CONTAINERS; do
  policy="--resource-group $AZURE_RESOURCE_GROUP --account-name $EXCHANGE_AUDIT_ACCOUNT --container-name $container"
  # shellcheck disable=SC2086 # the words of $policy are separate arguments; none of the names can hold a space
  state=$(az storage container immutability-policy show $policy --query state --output tsv)
  if [ "$state" != "Locked" ]; then
    # shellcheck disable=SC2086
    etag=$(az storage container immutability-policy show $policy --query etag --output tsv)
    # shellcheck disable=SC2086
    az storage container immutability-policy lock $policy --if-match "$etag" --output none
  fi
done
# A locked policy cannot be written again; main.bicep then leaves it alone.
azd env set EXCHANGE_AUDIT_LOCKED true
