#!/bin/sh
# Locks how long containers keep what is in them: from then on nobody, not even the owner, can shorten it or delete a blob
# before its day, and the account cannot be removed. That cannot be undone, so each happens only when it was asked for:
#   azd env set LOCK_AUDIT yes      the logs, in the audit account
#   azd env set LOCK_RECORDS yes    ledger and certificates, in the exchange account
set -eu

lock() {
  for container in $2; do
    policy="--resource-group $AZURE_RESOURCE_GROUP --account-name $1 --container-name $container"
    # shellcheck disable=SC2086 # the words of $policy are separate arguments; none of the names can hold a space
    state=$(az storage container immutability-policy show $policy --query state --output tsv)
    if [ "$state" != "Locked" ]; then
      # shellcheck disable=SC2086
      etag=$(az storage container immutability-policy show $policy --query etag --output tsv)
      # shellcheck disable=SC2086
      az storage container immutability-policy lock $policy --if-match "$etag" --output none
    fi
  done
}

# A locked policy cannot be written again; main.bicep then leaves it alone.
if [ "${LOCK_AUDIT:-no}" = "yes" ]; then
  lock "$EXCHANGE_AUDIT_ACCOUNT" "$EXCHANGE_AUDIT_CONTAINERS"
  azd env set EXCHANGE_AUDIT_LOCKED true
else
  echo "The audit containers are append-only, but not locked (docs/operators/deployment.md)."
fi
if [ "${LOCK_RECORDS:-no}" = "yes" ]; then
  lock "$EXCHANGE_ACCOUNT" "ledger certificates"
  azd env set EXCHANGE_RECORDS_LOCKED true
else
  echo "Ledger and certificates are kept for their days, but not locked (docs/operators/deployment.md)."
fi
