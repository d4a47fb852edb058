package scalewaytest

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestPages(t *testing.T) {
	t.Parallel()
	s := manual(t, WithMaxPageSize(30))
	for range 45 {
		s.ip("")
	}
	for _, tt := range []struct {
		query string
		items int
		first string
	}{
		{"", 20, "198.18.0.1"},
		{"?page=1", 20, "198.18.0.1"},
		{"?page=2", 20, "198.18.0.21"},
		{"?page=3", 5, "198.18.0.41"},
		{"?page=4", 0, "absent"},
		{"?page=2147483647", 0, "absent"},
		{"?page_size=7&page=2", 7, "198.18.0.8"},
		{"?page_size=4294967295", 30, "198.18.0.1"},
		{"?page_size=100&page=2", 15, "198.18.0.31"},
	} {
		got := s.get(zoned + "/ips" + tt.query)
		got.has(map[string]string{"total_count": "45", "ips.0.ip_address": tt.first})
		if last := fmt.Sprintf("ips.%d.id", max(tt.items-1, 0)); (got.at(last) == "absent") != (tt.items == 0) {
			t.Errorf("%s: too few items", tt.query)
		}
		if next := fmt.Sprintf("ips.%d.id", tt.items); got.at(next) != "absent" {
			t.Errorf("%s: too many items", tt.query)
		}
	}
}

// names are those of a list's items, joined.
func names(r response, items string) string {
	var out []string
	for i := 0; ; i++ {
		name := r.at(fmt.Sprintf("%s.%d.name", items, i))
		if name == "absent" {
			return strings.Join(out, " ")
		}
		out = append(out, name)
	}
}

func TestOrderAndNames(t *testing.T) {
	t.Parallel()
	s := manual(t)
	for _, name := range []string{"web-b", "api", "web-a", "old-web"} {
		s.lb(fmt.Sprintf(`{"name": %q, "tags": [%q]}`, name, "tag-"+name))
		s.server.Advance(time.Second)
	}
	id := s.get(zoned + "/lbs?name=api").at("lbs.0.id")
	for query, want := range map[string]string{
		"":                                     "web-b api web-a old-web",
		"?order_by=created_at_asc":             "web-b api web-a old-web",
		"?order_by=created_at_desc":            "old-web web-a api web-b",
		"?order_by=name_asc":                   "api old-web web-a web-b",
		"?order_by=name_desc":                  "web-b web-a old-web api",
		"?name=web":                            "web-b web-a old-web",
		"?name=web&order_by=name_asc":          "old-web web-a web-b",
		"?name=web&page_size=1&page=2":         "web-a",
		"?lb_ids=" + id + "&lb_ids=" + nowhere: "api",
		"?tags=tag-api&tags=tag-web-a":         "api web-a",
		"?project_id=" + nowhere:               "",
	} {
		if got := names(s.get(zoned+"/lbs"+query), "lbs"); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// Every list goes by age unless it is asked for otherwise. So do ACLs, whose
// index is for the reader to sort by.
func TestOrderOfEveryList(t *testing.T) {
	t.Parallel()
	s := manual(t)
	lb, b, f := s.withFrontend()
	for _, tt := range []struct {
		items, id    string
		list, create string
		body         func(name, index string) string
		named        bool
	}{
		{"lbs", "id", "/lbs", "/lbs", func(name, _ string) string {
			return fmt.Sprintf(`{"project_id": %q, "name": %q}`, nowhere, name)
		}, true},
		{"backends", "id", "/lbs/" + lb + "/backends", "/lbs/" + lb + "/backends", func(name, _ string) string {
			return merged(t, leastBackend, fmt.Sprintf(`{"name": %q}`, name))
		}, true},
		{"frontends", "id", "/lbs/" + lb + "/frontends", "/lbs/" + lb + "/frontends", func(name, index string) string {
			return merged(t, leastFrontend(b), fmt.Sprintf(`{"name": %q, "inbound_port": %s}`, name, index))
		}, true},
		{"acls", "id", "/frontends/" + f + "/acls", "/frontends/" + f + "/acls", func(name, index string) string {
			return merged(t, leastACL, fmt.Sprintf(`{"name": %q, "index": %s}`, name, index))
		}, true},
		{"certificates", "id", "/lbs/" + lb + "/certificates", "/lbs/" + lb + "/certificates", func(name, _ string) string {
			return fmt.Sprintf(`{"name": %q, "letsencrypt": {"common_name": "a.example"}}`, name)
		}, true},
		{"subscribers", "id", "/subscribers", "/subscribers", func(name, _ string) string {
			return fmt.Sprintf(`{"project_id": %q, "name": %q, "email_config": {"email": "a@b.example"}}`, nowhere, name)
		}, true},
		{"routes", "id", "/routes", "/routes", func(name, _ string) string {
			return fmt.Sprintf(`{"frontend_id": %q, "backend_id": %q, "match": {"path_begin": %q}}`, f, b, name)
		}, false},
		{
			"private_network", "private_network_id", "/lbs/" + lb + "/private-networks", "/lbs/" + lb + "/attach-private-network",
			func(_, _ string) string { return fmt.Sprintf(`{"private_network_id": %q}`, newUUID()) }, false,
		},
	} {
		t.Run(tt.items, func(t *testing.T) {
			t.Parallel()
			elder := s.post(zoned+tt.create, tt.body("z", "9")).at(tt.id)
			younger := s.post(zoned+tt.create, tt.body("y", "8")).at(tt.id)
			elderFirst := map[string]bool{"": true, "?order_by=created_at_asc": true, "?order_by=created_at_desc": false}
			if tt.named {
				elderFirst["?order_by=name_asc"], elderFirst["?order_by=name_desc"] = false, true
			}
			for query, want := range elderFirst {
				list := string(s.get(zoned + tt.list + query).raw(tt.items))
				if got := strings.Index(list, elder) < strings.Index(list, younger); got != want {
					t.Errorf("%s: the elder comes first: %t, want %t", query, got, want)
				}
			}
		})
	}
}

func TestPrefixNames(t *testing.T) {
	t.Parallel()
	s := manual(t, WithPrefixNames())
	s.lb(`{"name": "web"}`)
	s.lb(`{"name": "old-web"}`)
	if got := names(s.get(zoned+"/lbs?name=web"), "lbs"); got != "web" {
		t.Errorf("names are %q, want web alone", got)
	}
}
