// Settings come from the environment, which `azd env set` fills (docs/operators/deployment.md). What is left empty and
// must not be stops the deployment by the name of its setting.
using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION', 'uksouth')
param privateNetwork = bool(readEnvironmentVariable('EXCHANGE_PRIVATE_NETWORK', 'false'))
param boroughAddresses = readEnvironmentVariable('EXCHANGE_BOROUGH_ADDRESSES', '')
param operatorAddresses = readEnvironmentVariable('EXCHANGE_OPERATOR_ADDRESSES', '')
param alertEmails = readEnvironmentVariable('EXCHANGE_ALERT_EMAILS', '')
param onCallEmails = readEnvironmentVariable('EXCHANGE_ON_CALL_EMAILS', '')
param desk = empty(readEnvironmentVariable('EXCHANGE_DESK_WEBHOOK', ''))
  ? null
  : {
      uri: readEnvironmentVariable('EXCHANGE_DESK_WEBHOOK', '')
      objectId: readEnvironmentVariable('EXCHANGE_DESK_OBJECT_ID', '')
      identifierUri: readEnvironmentVariable('EXCHANGE_DESK_IDENTIFIER_URI', '')
    }
param quiet = empty(readEnvironmentVariable('EXCHANGE_QUIET_FROM', ''))
  ? null
  : {
      from: readEnvironmentVariable('EXCHANGE_QUIET_FROM', '')
      until: readEnvironmentVariable('EXCHANGE_QUIET_UNTIL', '')
    }
param budgetAmount = int(readEnvironmentVariable('EXCHANGE_BUDGET_AMOUNT', '300'))
param budgetStart = readEnvironmentVariable('EXCHANGE_BUDGET_START', '')
param auditLocked = bool(readEnvironmentVariable('EXCHANGE_AUDIT_LOCKED', 'false'))
param recordsLocked = bool(readEnvironmentVariable('EXCHANGE_RECORDS_LOCKED', 'false'))
param locks = bool(readEnvironmentVariable('EXCHANGE_LOCKS', 'true'))
