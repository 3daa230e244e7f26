// What the logs have to tell somebody. Alarms carry codes, counts and ids; the boroughs' data is in no log that they look at.
//
// Each question lies in a file of its own, is asked of tables that may not exist yet, and looks further back than it is asked
// often, since lines come late. A rule tells once of each combination of its `apart` columns, and again when that is over and
// comes back. "Resolved" says only that no further line came.
import { party } from '../types.bicep'

param location string
param workspaceName string
param appIdentity string

@description('The identity that ends records.')
param recordsIdentity string

@description('Who asks for the alarms.')
param alarmsIdentity string

@description('Object ids of those who make and rotate keys. They cannot use one.')
param keepers string[]

@description('Object ids, or names, of those who deploy, as the activity log names a caller.')
param deployers string[]

@description('Object ids of those who take dead letters out.')
param operators string[]
param parties party[]

@description('How long the app may be silent: where no probe looks at it from outside, its heartbeat is all there is.')
@allowed(['10m', '30m'])
param silence string

// Who may read where, as rows of a KQL table. Logs have ids in small letters.
var readers = [
  ...flatten(map(parties, one => map([one.identity, ...one.officers], id => '"${one.slug}-outbox", "${toLower(id)}"')))
  ...map(operators, id => '"deadletter", "${toLower(id)}"')
]

var rules rule[] = [
  {
    name: 'reconcile-waits'
    severity: 2
    description: 'A drop or request has waited for more than 15 minutes, or an inbox cannot be looked into. It is tried again by itself; the code says what stands in the way.'
    every: 'PT5M'
    window: 'PT30M'
    apart: ['code']
    query: loadTextContent('../kql/reconcile-waits.kql')
  }
  {
    name: 'reconcile-gave-up'
    severity: 1
    description: 'A drop or request could not be taken in for a day. It is tried once a day from now on, and when the version changes; its sender sees it as delayed.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['party', 'code', 'subject']
    query: loadTextContent('../kql/reconcile-gave-up.kql')
  }
  {
    name: 'reconcile-missing'
    severity: 1
    description: 'Reconciliation has not looked for too long: a drop whose event is lost lies unnoticed, and perhaps the app is down.'
    every: 'PT5M'
    window: 'P2D'
    apart: []
    query: loadTextContent('../kql/reconcile-missing.kql')
  }
  {
    name: 'queue-waits'
    severity: 2
    description: 'A message lies in a queue for a quarter of an hour or longer: an event that no function takes, or one that was given up and that reconciliation does not clear.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['queue']
    query: loadTextContent('../kql/queue-waits.kql')
  }
  {
    name: 'poison-stays'
    severity: 1
    description: 'Reconciliation cannot read or settle a message in a poison queue. The line says which queue, and the day on which Azure deletes it.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['queue']
    query: loadTextContent('../kql/poison-stays.kql')
  }
  {
    name: 'deadletter-stays'
    severity: 1
    description: 'Reconciliation cannot read or settle a dead letter.'
    every: 'PT15M'
    window: 'PT45M'
    apart: []
    query: loadTextContent('../kql/deadletter-stays.kql')
  }
  {
    name: 'poisoned-event'
    severity: 3
    description: 'The host gave an event up after five tries. Reconciliation takes its drop in and clears the message: act only if reconcile-waits or poison-stays rings too, and report a defect (SYS-001).'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['queue']
    query: loadTextContent('../kql/poisoned-event.kql')
  }
  {
    name: 'sweep-missing'
    severity: 1
    description: 'The sweep, or the look of the watchdog, has not succeeded for 26 hours. The agreement promises a maximum.'
    every: 'PT1H'
    window: 'P2D'
    apart: ['Name']
    query: loadTextContent('../kql/sweep-missing.kql')
  }
  {
    name: 'watchdog-alarm'
    severity: 0
    description: 'Something is older than agreed, or set up so that it will be. The code (DSP-...) says what.'
    every: 'PT1H'
    window: 'PT2H'
    apart: ['code', 'owner', 'place', 'trigger']
    query: loadTextContent('../kql/watchdog-alarm.kql')
  }
  {
    name: 'waiting'
    severity: 2
    description: 'Rows lie here for days and are in no finished work, or work covers fewer senders than before. The code (WAI-...) says what, and whoever can end it was told.'
    every: 'PT6H'
    window: 'P2D'
    apart: ['agreement', 'code', 'owner']
    query: loadTextContent('../kql/waiting.kql')
  }
  {
    name: 'agreement-ahead'
    severity: 2
    description: 'An agreement ends, or is to be reviewed, in 60, 30 or 7 days, or the day has gone by. From the day after its end nothing is taken in, linked or released, and what lies there is destroyed.'
    every: 'PT6H'
    window: 'P2D'
    apart: ['agreement', 'code']
    query: loadTextContent('../kql/agreement-ahead.kql')
  }
  {
    name: 'unknown-reader'
    severity: 1
    description: 'Somebody read a blob who is neither the app nor one of those who may read there.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['container', 'reader']
    query: loadTextContent('../kql/unknown-reader.kql')
  }
  {
    name: 'stranger-at-a-key'
    severity: 0
    description: 'Somebody other than the app unwrapped, decrypted or signed with a key, or read a secret and is no keeper.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['who', 'OperationName', 'key']
    query: loadTextContent('../kql/stranger-at-a-key.kql')
  }
  {
    name: 'record-deleted'
    severity: 0
    description: 'Somebody deleted from ledger or certificates who is not the identity that ends records.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['container', 'who']
    query: loadTextContent('../kql/record-deleted.kql')
  }
  {
    name: 'record-written'
    severity: 0
    description: 'Somebody other than the app wrote to ledger or certificates, and it is no record of a replay or an incident.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['container', 'who']
    query: loadTextContent('../kql/record-written.kql')
  }
  {
    name: 'changed-by-hand'
    severity: 1
    description: 'Somebody who does not deploy has changed rights, logs, alarms, locks or what is kept, or asked for a key of an account or of the app.'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['operation', 'who']
    query: loadTextContent('../kql/changed-by-hand.kql')
  }
  {
    name: 'refused-event'
    severity: 2
    description: 'A function was handed a blob that is not its own (EVT-001, EVT-002: look at the subject filters), or one that is not there (EVT-010).'
    every: 'PT15M'
    window: 'PT45M'
    apart: ['code', 'trigger']
    query: loadTextContent('../kql/refused-event.kql')
  }
]

@sealed()
type rule = {
  name: string
  severity: 0 | 1 | 2 | 3
  description: string
  every: 'PT5M' | 'PT15M' | 'PT1H' | 'PT6H'
  window: 'PT30M' | 'PT45M' | 'PT2H' | 'P2D'
  apart: string[]
  query: string
}

// Known before anything is deployed; the ids of identities are not, and come last.
var kept = 'dynamic([${join(map(keepers, id => '"${toLower(id)}"'), ', ')}])'
var deploying = 'dynamic([${join(map(deployers, id => '"${toLower(id)}"'), ', ')}])'
var asked = map(rules, one => {
  ...one
  query: replace(
    replace(replace(replace(one.query, '<readers>', join(readers, ', ')), '<keepers>', kept), '<deployers>', deploying),
    '<silence>',
    silence
  )
})

resource app 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: appIdentity
}

resource ender 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: recordsIdentity
}

resource asker 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: alarmsIdentity
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource operatorGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'operators'
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: 'on-call'
}

resource found 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for one in asked: {
    name: one.name
    location: location
    identity: {
      type: 'UserAssigned'
      userAssignedIdentities: {
        '${asker.id}': {}
      }
    }
    properties: {
      displayName: one.name
      description: '${one.description} docs/operators/alarms.md'
      enabled: true
      severity: one.severity
      scopes: [workspace.id]
      // A table that no line was ever written to does not exist yet. The query bears that; this is a second belt.
      skipQueryValidation: true
      evaluationFrequency: one.every
      windowSize: one.window
      criteria: {
        allOf: [
          {
            query: contains(one.query, '<records>')
              ? replace(one.query, '<records>', ender.properties.principalId)
              : contains(one.query, '<app>') ? replace(one.query, '<app>', app.properties.principalId) : one.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(one.apart, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: one.severity < 2 ? [operatorGroup.id, onCall.id] : [operatorGroup.id]
      }
    }
  }
]
