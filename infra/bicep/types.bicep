// What the templates pass to one another.

@export()
@description('Somebody who is given a right.')
@sealed()
type who = {
  @description('Object id in Entra.')
  id: string
  type: 'User' | 'Group' | 'ServicePrincipal'
}

@export()
@description('One party: its identity and its officers, who are people and never groups, since an agreement counts them.')
@sealed()
type party = {
  slug: string
  identity: string
  officers: string[]
  @description('Whether it may drop, for any agreement.')
  drops: bool
}

// A union of a text and an object is no type of Bicep; `whoIs` refuses what is neither.
@export()
@description('In principals.yaml: the object id of a person, or a group as {id, type: group, members: [object ids]}.')
#disable-next-line no-explicit-any // as above
type named = any

@export()
@description('The file principals.yaml.')
@sealed()
type principalsFile = {
  boroughs: {
    @sealed()
    *: {
      identity: string
      officers: string[]
    }
  }
  operators: named[]
  keepers: named[]
  @description('Who deploys, as the activity log names a caller: an object id, or a person by name.')
  deployers: named[]?
}

@export()
@description('The people and groups that are meant, each once.')
func everyone(role string, list named[]) who[] => length(union(map(list, one => toLower(whoIs(role, one).id)), [])) == length(list) ? map(list, one => whoIs(role, one)) : fail('principals.yaml: ${role} names somebody twice.')

func whoIs(role string, one named) who =>
  isText(one)
    ? empty(one) ? fail('principals.yaml: an entry of ${role} is empty.') : { id: one, type: 'User' }
    : toLower(one.?type ?? 'user') == 'group'
        ? empty(one.?members ?? [])
            ? fail('principals.yaml: a group of ${role} names no members, so that each of them would ring the alarms.')
            : { id: one.id, type: 'Group' }
        : toLower(one.?type ?? 'user') == 'user'
            ? { id: one.id, type: 'User' }
            : fail('principals.yaml: an entry of ${role} is neither an object id nor {id, type: user or group}.')

@export()
@description('Object ids of the people who are meant, as the logs name them: a group by its members, and itself.')
func peopleOf(one named) string[] => isText(one) ? [one] : concat([one.id], one.?members ?? [])

func isText(one named) bool => !startsWith(string(one), '{')

@export()
@description('A webhook that asks for a token of Entra: whose application it is, and for which it is.')
@sealed()
type webhook = {
  uri: string
  objectId: string
  identifierUri: string
}

@export()
@description('From when until when, in London, such as 2026-12-05T20:00:00.')
@sealed()
type maintenance = {
  from: string
  until: string
}
