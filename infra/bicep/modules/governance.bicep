// What holds for everything in the resource group: one region, and a bill that somebody looks at.
param location string
param budgetAmount int
param budgetStart string
param emails string[]

@description('Built-in policy "Allowed locations". It leaves resources that have no region, such as action groups, alone.')
var allowedLocations = 'e56962a6-4747-49cd-b67b-bf8b01975c4c'

resource onlyHere 'Microsoft.Authorization/policyAssignments@2025-03-01' = {
  name: 'one-region'
  properties: {
    displayName: 'The exchange stays in ${location}'
    policyDefinitionId: tenantResourceId('Microsoft.Authorization/policyDefinitions', allowedLocations)
    enforcementMode: 'Default'
    parameters: {
      listOfAllowedLocations: {
        value: [location]
      }
    }
  }
}

resource budget 'Microsoft.Consumption/budgets@2026-06-01' = {
  name: 'month'
  properties: {
    amount: budgetAmount
    category: 'Cost'
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: budgetStart
    }
    notifications: {
      actual80: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: emails
      }
      forecast100: {
        enabled: true
        operator: 'GreaterThan'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: emails
      }
    }
  }
}
