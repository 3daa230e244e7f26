// Who is told: everybody of everything, and whoever is on call of what cannot wait (severity 0 and 1). Azure sends a mail
// address nothing until it has been confirmed by the code that it is sent (docs/operators/alarms.md).
import { maintenance, webhook } from '../types.bicep'

param location string
param emails string[]
param onCallEmails string[]

@description('The council\'s desk, or nothing.')
param desk webhook?

@description('A time in which nobody is told of what severity 0 is not, or nothing.')
param quiet maintenance?

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'operators'
  location: 'global'
  properties: {
    groupShortName: 'exchange'
    enabled: true
    emailReceivers: map(emails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
  }
}

resource onCall 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'on-call'
  location: 'global'
  properties: {
    groupShortName: 'exch-oncall'
    enabled: true
    emailReceivers: map(onCallEmails, email => { name: email, emailAddress: email, useCommonAlertSchema: true })
    webhookReceivers: desk == null
      ? []
      : [
          {
            name: 'desk'
            serviceUri: desk!.uri
            useCommonAlertSchema: true
            useAadAuth: true
            objectId: desk!.objectId
            identifierUri: desk!.identifierUri
            tenantId: tenant().tenantId
          }
        ]
  }
}

// What is suppressed stays visible, and is not sent later.
resource silence 'Microsoft.AlertsManagement/actionRules@2021-08-08' = if (quiet != null) {
  name: 'maintenance'
  location: 'global'
  properties: {
    description: 'While somebody works on the exchange. Severity 0 is told all the same.'
    enabled: true
    scopes: [resourceGroup().id]
    conditions: [
      {
        field: 'Severity'
        operator: 'NotEquals'
        values: ['Sev0']
      }
    ]
    schedule: {
      effectiveFrom: quiet!.from
      effectiveUntil: quiet!.until
      timeZone: 'GMT Standard Time'
    }
    actions: [
      {
        actionType: 'RemoveAllActionGroups'
      }
    ]
  }
}

// What Azure itself has to say of the region.
resource azure 'Microsoft.Insights/activityLogAlerts@2026-01-01' = {
  name: 'azure-in-${location}'
  location: 'global'
  properties: {
    description: 'Azure reports a fault or planned work in the region of the exchange.'
    enabled: true
    scopes: [subscription().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'ServiceHealth'
        }
        {
          field: 'properties.impactedServices[*].ImpactedRegions[*].RegionName'
          containsAny: ['UK South', 'Global']
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: operators.id
        }
      ]
    }
  }
}

// A log alarm cannot tell that it was switched off: Azure does so when its question has failed for a week.
resource disabled 'Microsoft.Insights/activityLogAlerts@2026-01-01' = {
  name: 'alarm-disabled'
  location: 'global'
  properties: {
    description: 'An alarm of the logs was switched off, by somebody or by Azure. docs/operators/alarms.md'
    enabled: true
    scopes: [subscription().id]
    condition: {
      allOf: [
        {
          field: 'category'
          equals: 'Administrative'
        }
        {
          field: 'operationName'
          equals: 'Microsoft.Insights/ScheduledQueryRules/disable/action'
        }
      ]
    }
    actions: {
      actionGroups: [
        {
          actionGroupId: operators.id
        }
        {
          actionGroupId: onCall.id
        }
      ]
    }
  }
}
