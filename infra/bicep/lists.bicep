// Lists as a person writes them: with commas, semicolons, line ends or blanks between, some of it twice.
// What is no address stops the deployment before anything is made, by the name of the setting and its place in the list.

var between = [',', ';', '\n', '\r', '\t', ' ']
var digits = '0123456789'

func entries(text string) string[] => filter(split(text, between), one => !empty(one))

@export()
@description('Mail addresses, each once.')
func mailAddresses(setting string, text string) string[] =>
  empty(entries(text))
    ? fail('${setting} names nobody.')
    : eachOnce(map(
        entries(text),
        (one, i) => isMail(split(one, '@')) ? one : fail('${setting}: entry ${i + 1} is no mail address.')
      ))

// As a person has one: no name or brackets around it, and a domain with a dot within. Letters beyond those of English would be
// taken, and lost on the way.
var letters = 'abcdefghijklmnopqrstuvwxyz0123456789.-_+\''

func isMail(parts string[]) bool =>
  length(parts) != 2
    ? false
    : empty(parts[0]) || length(split(parts[1], '.')) < 2
        ? false
        : empty(filter(split(parts[1], '.'), part => empty(part))) && isWritten(toLower(join(parts, '')))

func isWritten(text string) bool =>
  empty(filter(range(0, length(text)), i => !contains(letters, substring(text, i, 1))))

// An action group refuses two receivers of one name, and asks no more than the mail servers do for its case.
func eachOnce(list string[]) string[] =>
  filter(list, (one, i) => indexOf(map(list, other => toLower(other)), toLower(one)) == i)

@export()
@description('Public IPv4 addresses and ranges in one canonical form, 203.0.113.7/32: the app and the vault take it as it is.')
func publicRanges(setting string, text string) string[] =>
  union(map(entries(text), (one, i) => checked('${setting}: entry ${i + 1}', contains(one, '/') ? one : '${one}/32')), [])

@export()
@description('The same as storage takes them: a bare address, or a range of four addresses or more.')
func forStorage(ranges string[]) string[] =>
  length(asStorageHasThem(ranges)) > 400
    ? fail('EXCHANGE_BOROUGH_ADDRESSES and EXCHANGE_OPERATOR_ADDRESSES: more than 400 entries; storage takes no more.')
    : asStorageHasThem(ranges)

func asStorageHasThem(ranges string[]) string[] =>
  union(
    flatten(map(
      ranges,
      one =>
        endsWith(one, '/32')
          ? [bare(one)]
          : endsWith(one, '/31') ? [bare(cidrSubnet(one, 32, 0)), bare(cidrSubnet(one, 32, 1))] : [one]
    )),
    []
  )

func bare(range string) string => split(range, '/')[0]

func checked(place string, range string) string =>
  contains(range, ':')
    ? fail('${place} is IPv6; storage takes IPv4 alone.')
    : !isRange(range)
        ? fail('${place} is no IPv4 address, such as 203.0.113.7, nor a range, such as 203.0.113.0/24.')
        : int(split(range, '/')[1]) < 8
            ? fail('${place} is a range of more than 16 million addresses.')
            : isReserved(parseCidr(range).network, parseCidr(range).broadcast)
                ? fail('${place} is private or reserved: Azure sees public addresses only.')
                : '${parseCidr(range).network}/${parseCidr(range).cidr}'

func isRange(range string) bool =>
  length(split(range, '/')) != 2
    ? false
    : !isNumber(split(range, '/')[1], 32)
        ? false
        : length(split(bare(range), '.')) == 4 && empty(filter(split(bare(range), '.'), part => !isNumber(part, 255)))

// Without a leading zero, which some read as octal.
func isNumber(text string, most int) bool =>
  empty(text) || length(text) > 3
    ? false
    : !empty(filter(range(0, length(text)), i => !contains(digits, substring(text, i, 1))))
        ? false
        : string(int(text)) == text && int(text) <= most

func numberOf(address string) int =>
  reduce(map(split(address, '.'), part => int(part)), 0, (sum, part) => sum * 256 + part)

func isReserved(first string, last string) bool =>
  !empty(filter(reserved, one => numberOf(first) <= numberOf(one.last) && numberOf(last) >= numberOf(one.first)))

// RFC 1918, and what else no caller comes from: this network, carriers' own, loopback, link-local, multicast and above.
var reserved = [
  { first: '0.0.0.0', last: '0.255.255.255' }
  { first: '10.0.0.0', last: '10.255.255.255' }
  { first: '100.64.0.0', last: '100.127.255.255' }
  { first: '127.0.0.0', last: '127.255.255.255' }
  { first: '169.254.0.0', last: '169.254.255.255' }
  { first: '172.16.0.0', last: '172.31.255.255' }
  { first: '192.168.0.0', last: '192.168.255.255' }
  { first: '224.0.0.0', last: '255.255.255.255' }
]

@export()
@description('The first day of a month, since a budget begins with one.')
func firstDayOfMonth(setting string, text string) string =>
  length(text) == 10 && endsWith(text, '-01') && length(split(text, '-')) == 3
    ? text
    : fail('${setting} is no first day of a month, such as 2026-12-01.')
