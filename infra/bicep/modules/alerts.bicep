// What somebody has to be told. Alarms carry codes, counts and ids; the boroughs' data is in no log that they look at.
param location string
param emails string[]
param workspaceId string
param exchangeAccountId string
param topicId string
param appPrincipal string

@description('The identity that ends records.')
param recordsPrincipal string

@description('Who makes and rotates keys. They cannot use one.')
param keepers string[]

@description('Each borough: slug, identity, officers.')
param people object[]

// Who may read which outbox, as rows of a KQL table.
var readers = flatten(map(people, person => map(concat([person.identity], person.officers), id => '"${person.slug}-outbox","${id}"')))
var allowed = 'let allowed = datatable(container: string, reader: string) [${join(readers, ', ')}];'
var reads = 'StorageBlobLogs | where OperationName in ("GetBlob", "CopyBlobSource") and StatusCode startswith "2"'
var notTheApp = 'where RequesterObjectId != "${appPrincipal}" | extend container = tostring(split(ObjectKey, "/")[2]) | where container !in ("ledger", "certificates", "reference")'
var notAllowed = 'join kind=leftanti allowed on container, $left.RequesterObjectId == $right.reader'

// Whoever may use a key and read a container can read rows. The signing key is a secret, and a secret that is read is a
// key that is held. Keepers read secrets when they make them, and use no key.
var objectId = 'http://schemas.microsoft.com/identity/claims/objectidentifier'
var uses = 'where OperationName in ("KeyUnwrap", "KeyDecrypt", "KeySign", "KeyWrap", "KeyEncrypt", "SecretGet")'
var kept = join(map(keepers, keeper => '"${keeper}"'), ', ')
var notAKeeper = 'where OperationName != "SecretGet" or who !in (dynamic([${kept}]))'

var queries = [
  {
    name: 'reconcile-waits'
    severity: 2
    description: 'A drop or request has waited for more than 15 minutes, or an inbox cannot be looked into. It is tried again by itself; the code says what stands in the way. docs/operators: reconciliation.'
    every: 'PT5M'
    window: 'PT15M'
    clears: true
    query: 'AppTraces | where Message has "reconcile.waits" or Message has "reconcile.unseen"'
  }
  {
    name: 'reconcile-gave-up'
    severity: 1
    description: 'A drop or request could not be taken in for a day. It is tried once a day from now on, and when the version changes; its sender sees it as delayed. docs/operators: reconciliation.'
    every: 'PT15M'
    window: 'PT30M'
    clears: false
    query: 'AppTraces | where Message has "reconcile.gave_up"'
  }
  {
    name: 'reconcile-missing'
    severity: 1
    description: 'Reconciliation has not looked for 30 minutes: a drop whose event is lost lies unnoticed. docs/operators: reconciliation.'
    every: 'PT15M'
    window: 'PT30M'
    clears: true
    query: 'AppTraces | where Message has "reconcile.done" | summarize rounds = count() | where rounds == 0'
  }
  {
    name: 'poison-stays'
    severity: 1
    description: 'Reconciliation cannot read or settle a message in a poison queue. The line says which queue, and the day on which Azure deletes it. docs/operators: replay.'
    every: 'PT15M'
    window: 'PT30M'
    clears: true
    query: 'AppTraces | where Message has "poison.stays"'
  }
  {
    name: 'deadletter-stays'
    severity: 1
    description: 'Reconciliation cannot read or settle a dead letter. docs/operators: replay.'
    every: 'PT15M'
    window: 'PT30M'
    clears: true
    query: 'AppTraces | where Message has "deadletter.stays"'
  }
  {
    name: 'poisoned-event'
    severity: 3
    description: 'The host gave an event up after five tries. Reconciliation takes its drop in and clears the message: act only if reconcile-waits or poison-stays rings too, and report a defect (SYS-001).'
    every: 'PT15M'
    window: 'PT15M'
    clears: false
    query: 'StorageQueueLogs | where OperationName == "PutMessage" and Uri has "poison"'
  }
  {
    name: 'sweep-missing'
    severity: 1
    description: 'No disposal run, or no look of the watchdog, succeeded for a day. The agreement promises a maximum.'
    every: 'PT6H'
    window: 'P1D'
    clears: false
    query: 'AppRequests | where Name in ("disposal", "watchdog") and Success == true | summarize runs = dcount(Name) | where runs < 2'
  }
  {
    name: 'watchdog-alarm'
    severity: 0
    description: 'Something is older than agreed, or set up so that it will be. The code (DSP-...) says what.'
    every: 'PT1H'
    window: 'PT1H'
    clears: false
    query: 'AppTraces | where Message has "watchdog.alarm" or Message has "timer.failed"'
  }
  {
    name: 'waiting'
    severity: 2
    description: 'Rows lie here for days and are in no finished work, or work covers fewer senders than before. The code (WAI-...) says what, and whoever can end it was told. docs/operators: waiting.'
    every: 'PT6H'
    window: 'P1D'
    clears: true
    query: 'AppTraces | where Message has "waiting.found"'
  }
  {
    name: 'agreement-ahead'
    severity: 2
    description: 'An agreement ends, or is to be reviewed, in 60, 30 or 7 days, or the day has gone by. From the day after its end nothing is taken in, linked or released, and what lies there is destroyed.'
    every: 'PT6H'
    window: 'P1D'
    clears: true
    query: 'AppTraces | where Message has "agreement.ahead"'
  }
  {
    name: 'unknown-reader'
    severity: 1
    description: 'Somebody read a blob who is neither the app nor of the borough whose outbox it is.'
    every: 'PT15M'
    window: 'PT30M'
    clears: false
    query: '${allowed} ${reads} | ${notTheApp} | ${notAllowed}'
  }
  {
    name: 'stranger-at-a-key'
    severity: 0
    description: 'Somebody other than the app unwrapped, decrypted or signed with a key, or read a secret and is no keeper.'
    every: 'PT15M'
    window: 'PT30M'
    clears: false
    query: 'AZKVAuditLogs | ${uses} | extend who = tostring(Identity.claim["${objectId}"]) | where who != "${appPrincipal}" | ${notAKeeper}'
  }
  {
    name: 'record-deleted'
    severity: 0
    description: 'Somebody deleted from ledger or certificates who is not the identity that ends records.'
    every: 'PT15M'
    window: 'PT30M'
    clears: false
    query: 'StorageBlobLogs | where Category == "StorageDelete" and StatusCode startswith "2" and tostring(split(ObjectKey, "/")[2]) in ("ledger", "certificates") and RequesterObjectId != "${recordsPrincipal}"'
  }
  {
    name: 'record-written'
    severity: 0
    description: 'Somebody other than the app wrote to ledger or certificates, and it is no record of a replay or an incident.'
    every: 'PT15M'
    window: 'PT30M'
    clears: false
    query: 'StorageBlobLogs | where Category == "StorageWrite" and StatusCode startswith "2" and tostring(split(ObjectKey, "/")[2]) in ("ledger", "certificates") and RequesterObjectId != "${appPrincipal}" and tostring(split(ObjectKey, "/")[3]) !in ("replay", "incident")'
  }
  {
    name: 'refused-event'
    severity: 2
    description: 'A function was handed a blob that is not its own (EVT-001, EVT-002: look at the subject filters), or one that is not there (EVT-010).'
    every: 'PT1H'
    window: 'PT1H'
    clears: false
    query: 'AppTraces | where Message has "event.refused"'
  }
]

resource told 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'operators'
  location: 'global'
  properties: {
    groupShortName: 'exchange'
    enabled: true
    emailReceivers: map(emails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
  }
}

resource found 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [for query in queries: {
  name: query.name
  location: location
  properties: {
    displayName: query.name
    description: query.description
    enabled: true
    severity: query.severity
    scopes: [workspaceId]
    evaluationFrequency: query.every
    windowSize: query.window
    criteria: {
      allOf: [
        {
          query: query.query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // One that clears itself rings once, and says so when it is over; the others ring for each new line.
    autoMitigate: query.clears
    actions: {
      actionGroups: [told.id]
    }
  }
}]

// Every message in a queue of the account, which Azure counts once a day: what reconciliation has not cleared by then and,
// in the private variant, events that nobody takes or that happened to be under way.
resource poisonDepth 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'poison-depth'
  location: 'global'
  properties: {
    description: 'Messages lay in a queue of the exchange account when Azure counted them, once a day. Poison clears itself: act if poison-stays rings too, or if it is still so tomorrow.'
    enabled: true
    severity: 3
    scopes: ['${exchangeAccountId}/queueServices/default']
    evaluationFrequency: 'PT1H'
    windowSize: 'PT1H'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'waiting'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'QueueMessageCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Average'
        }
      ]
    }
    actions: [
      {
        actionGroupId: told.id
      }
    ]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters'
  location: 'global'
  properties: {
    description: 'Event Grid gave an event up: a drop arrived and no function was told. Reconciliation takes the drop in and clears the letter; find out why it was not delivered.'
    enabled: true
    severity: 2
    scopes: [topicId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'DeadLetteredCount'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [
      {
        actionGroupId: told.id
      }
    ]
  }
}
