// Who ends records when their days are over: an identity of its own, which deletes and cannot write. The app's identity
// writes and cannot delete. So nobody can put another event in the place of one, and the logs tell the two apart.
param accountName string
param endRole string
param recordsPrincipal string

var records = ['ledger', 'certificates']

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = [for record in records: {
  name: '${accountName}/default/${record}'
}]

resource ends 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (record, i) in records: {
  name: guid(accountName, record, recordsPrincipal, endRole)
  scope: containers[i]
  properties: {
    principalId: recordsPrincipal
    principalType: 'ServicePrincipal'
    roleDefinitionId: endRole
  }
}]
