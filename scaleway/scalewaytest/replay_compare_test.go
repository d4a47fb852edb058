package scalewaytest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// difference is one thing in which an answer is not the recorded one.
type difference struct {
	kind             kindOfDifference
	path             string // as in ".frontends[0].lb.instances[1].status"; empty: the answer itself
	served, recorded any
}

type kindOfDifference string

const (
	inStatus kindOfDifference = "status"  // of HTTP
	inValue  kindOfDifference = "value"   // also null or not, and the type of a value
	inLength kindOfDifference = "length"  // of an array
	inOrder  kindOfDifference = "order"   // of an array with the same objects
	unserved kindOfDifference = "missing" // a recorded key that is not served
	unshown  kindOfDifference = "extra"   // a served key that was not recorded
)

func (d difference) String() string {
	switch d.kind {
	case unserved:
		return d.path + " is not served, recorded " + text(d.recorded)
	case unshown:
		return d.path + " was not recorded"
	case inOrder:
		return d.path + " come in another order"
	case inStatus, inValue, inLength:
	}
	return fmt.Sprintf("%s %s is %s, recorded %s", d.path, d.kind, text(d.served), text(d.recorded))
}

// key is the last name of the path.
func (d difference) key() string {
	name := d.path[strings.LastIndex(d.path, ".")+1:]
	name, _, _ = strings.Cut(name, "[")
	return name
}

// identities maps the IDs of a recording to the server's, one to one.
type identities struct{ served, recorded map[string]string }

func newIdentities() identities { return identities{map[string]string{}, map[string]string{}} }

func (i identities) clone() identities {
	return identities{maps.Clone(i.served), maps.Clone(i.recorded)}
}

// set makes served the server's ID for recorded, whatever either was before: the
// API gives a released address's ID again.
func (i identities) set(recorded, served string) {
	delete(i.recorded, i.served[recorded])
	i.served[recorded], i.recorded[served] = served, recorded
}

// same says whether served is the server's ID for recorded, which it becomes
// where neither was seen before.
func (i identities) same(recorded, served string) bool {
	known, seen := i.served[recorded]
	if _, taken := i.recorded[served]; !seen && !taken {
		i.set(recorded, served)
		return true
	}
	return seen && known == served
}

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// translate is a recorded text with the server's IDs in the place of the
// recorded ones.
func (i identities) translate(recorded string) string {
	return anyUUID.ReplaceAllStringFunc(recorded, func(id string) string {
		if served, ok := i.served[id]; ok {
			return served
		}
		return id
	})
}

// comparison finds the differences between two JSON values.
type comparison struct {
	ids   identities
	diffs []difference
}

// compare finds how an answer differs from the recorded one.
func compare(ids identities, e exchange, got response) []difference {
	if got.status != e.Status {
		return []difference{{kind: inStatus, served: fmt.Sprintf("%d %s", got.status, got.body), recorded: e.Status}}
	}
	if e.Status == http.StatusNoContent {
		return nil
	}
	var served, recorded any
	if err := json.Unmarshal(got.body, &served); err != nil {
		return []difference{{kind: inValue, served: err.Error()}}
	}
	if err := json.Unmarshal(e.Response, &recorded); err != nil {
		return []difference{{kind: inValue, recorded: err.Error()}}
	}
	if id, made := created(e, recorded); made {
		if fresh, ok := created(e, served); ok {
			ids.set(id, fresh)
		}
	}
	c := comparison{ids: ids}
	c.values("", served, recorded)
	return c.diffs
}

// created is the ID of the object that a successful POST has made.
func created(e exchange, answer any) (id string, ok bool) {
	members, _ := answer.(map[string]any)
	id, ok = members["id"].(string)
	return id, ok && e.Method == http.MethodPost && e.makes()
}

// makes says whether e adds to a collection, in place of changing a member.
func (e exchange) makes() bool {
	return slices.Contains([]string{
		"lbs", "ips", "backends", "frontends", "acls", "routes", "certificates", "subscribers",
	}, e.Path[strings.LastIndex(e.Path, "/")+1:])
}

func (c *comparison) add(kind kindOfDifference, path string, served, recorded any) {
	c.diffs = append(c.diffs, difference{kind, path, served, recorded})
}

func (c *comparison) values(path string, served, recorded any) {
	switch want := recorded.(type) {
	case map[string]any:
		if got, ok := served.(map[string]any); ok {
			c.objects(path, got, want)
			return
		}
	case []any:
		if got, ok := served.([]any); ok {
			c.arrays(path, got, want)
			return
		}
	case string:
		if got, ok := served.(string); ok && c.sameText(path, got, want) {
			return
		}
	default:
		if served == recorded {
			return
		}
	}
	c.add(inValue, path, served, recorded)
}

func (c *comparison) objects(path string, served, recorded map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(served)) {
		if _, there := recorded[key]; !there {
			c.add(unshown, path+"."+key, served[key], nil)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(recorded)) {
		got, there := served[key]
		if !there {
			c.add(unserved, path+"."+key, nil, recorded[key])
			continue
		}
		c.values(path+"."+key, got, recorded[key])
	}
}

func (c *comparison) arrays(path string, served, recorded []any) {
	if len(served) != len(recorded) {
		c.add(inLength, path, len(served), len(recorded))
		return
	}
	if sorted := c.inRecordedOrder(served, recorded); sorted != nil {
		c.add(inOrder, path, nil, nil)
		served = sorted
	}
	for i := range recorded {
		c.values(fmt.Sprintf("%s[%d]", path, i), served[i], recorded[i])
	}
}

// inRecordedOrder are the same objects as served in the order in which they were
// recorded, or nil where they come in that order or are others.
func (c *comparison) inRecordedOrder(served, recorded []any) []any {
	var out []any
	moved := false
	for i, object := range recorded {
		members, _ := object.(map[string]any)
		id, _ := members["id"].(string)
		j := slices.IndexFunc(served, func(candidate any) bool {
			members, _ := candidate.(map[string]any)
			return id != "" && members["id"] == c.ids.served[id]
		})
		if j < 0 {
			return nil
		}
		out = append(out, served[j])
		moved = moved || i != j
	}
	if !moved {
		return nil
	}
	return out
}

var anyAddress = regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`)

// sameText compares strings: IDs one to one, times by whether they are there and
// how exact they are, and what a server makes up not at all.
func (c *comparison) sameText(path, served, recorded string) bool {
	key := difference{path: path}.key()
	switch {
	case slices.Contains([]string{"ip_address", "reverse", "fingerprint"}, key):
		return true
	case isTime(key):
		const digits = len("2006-01-02T15:04:05.999999Z")
		return (served == unsetTime) == (recorded == unsetTime) && (len(served) > digits) == (len(recorded) > digits)
	case key == "message":
		return anyAddress.ReplaceAllString(served, "") == anyAddress.ReplaceAllString(recorded, "")
	case uuidPattern.MatchString(recorded):
		return c.ids.same(recorded, served)
	}
	return served == recorded
}

func isTime(key string) bool {
	return strings.HasSuffix(key, "_at") || strings.HasPrefix(key, "not_valid_")
}
