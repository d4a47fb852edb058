package interop

import (
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ovh/go-ovh/ovh"

	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// Types as a user of go-ovh writes them: the client has none of its own.
type (
	farm struct {
		FarmID      int64  `json:"farmId,omitempty"`
		Zone        string `json:"zone,omitempty"`
		DisplayName string `json:"displayName,omitempty"`
		Port        int    `json:"port,omitempty"`
		Balance     string `json:"balance,omitempty"`
	}
	server struct {
		ServerID    int64  `json:"serverId,omitempty"`
		BackendID   int64  `json:"backendId,omitempty"`
		DisplayName string `json:"displayName,omitempty"`
		Address     string `json:"address,omitempty"`
		Port        int    `json:"port,omitempty"`
		Status      string `json:"status,omitempty"`
		Weight      int    `json:"weight,omitempty"`
	}
	task struct {
		ID     int64    `json:"id"`
		Action string   `json:"action"`
		Status string   `json:"status"`
		Zones  []string `json:"zones"`
	}
)

// ovhFixture is a server with one service, and a client of it.
type ovhFixture struct {
	*testing.T
	server  *ovhtest.Server
	client  *ovh.Client
	service string // its path
}

// newOVH makes the client by hand: its constructors also read the environment
// and three files.
func newOVH(t *testing.T, version string, client *ovh.Client) *ovhFixture {
	t.Helper()
	s := ovhtest.NewServer(ovhtest.WithManualClock())
	t.Cleanup(s.Close)
	client.Client, client.Timeout = &http.Client{Transport: &http.Transport{}}, 10*time.Second
	if err := client.SetEndpoint(s.URL + version); err != nil {
		t.Fatal(err)
	}
	return &ovhFixture{T: t, server: s, client: client, service: "/ipLoadbalancing/" + s.AddService("gra", "rbx")}
}

func signed(t *testing.T, version string) *ovhFixture {
	t.Helper()
	f := newOVH(t, version, &ovh.Client{})
	c := f.server.Credentials()
	f.client.AppKey, f.client.AppSecret, f.client.ConsumerKey = c.ApplicationKey, c.ApplicationSecret, c.ConsumerKey
	return f
}

func (f *ovhFixture) get(path string, out any) {
	f.Helper()
	if err := f.client.GetWithContext(f.Context(), path, out); err != nil {
		f.Fatalf("GET %s: %v", path, err)
	}
}

func (f *ovhFixture) post(path string, in, out any) {
	f.Helper()
	if err := f.client.PostWithContext(f.Context(), path, in, out); err != nil {
		f.Fatalf("POST %s: %v", path, err)
	}
}

func (f *ovhFixture) equal(got, want any) {
	f.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("not what was expected (-want +got):\n%s", diff)
	}
}

// The vendor's client signs, with and without a body or a query, by the clock
// that it asks the server for; both forms of the base URL are served.
func TestOVHSignedCalls(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"/1.0", "/v1"} {
		t.Run(version[1:], func(t *testing.T) {
			t.Parallel()
			f := signed(t, version)
			f.server.Advance(47 * time.Minute) // the server's clock is not the machine's
			if delta := must(f.client.TimeDelta())(t); delta.Round(time.Minute) != -47*time.Minute {
				t.Errorf("time delta %s", delta)
			}
			var services []string
			f.get("/ipLoadbalancing", &services)
			f.equal(services, []string{f.service[len("/ipLoadbalancing/"):]})

			var made, read farm
			f.post(f.service+"/http/farm", farm{Zone: "gra", DisplayName: "écu & <b>", Port: 8080, Balance: "leastconn"}, &made)
			want := farm{FarmID: made.FarmID, Zone: "gra", DisplayName: "écu & <b>", Port: 8080, Balance: "leastconn"}
			f.equal(made, want)
			path := f.service + "/http/farm/" + strconv.FormatInt(made.FarmID, 10)
			if err := f.client.PutWithContext(t.Context(), path, map[string]any{"displayName": "app", "port": nil}, nil); err != nil {
				t.Fatal(err)
			}
			want.DisplayName, want.Port = "app", 0
			f.get(path, &read)
			f.equal(read, want)

			var found []int64
			f.get(f.service+"/http/farm?zone=gra", &found)
			f.equal(found, []int64{made.FarmID})
			if err := f.client.DeleteWithContext(t.Context(), path, nil); err != nil {
				t.Fatal(err)
			}
			f.get(f.service+"/http/farm", &found)
			f.equal(found, []int64{})
		})
	}
}

// A farm with its frontend goes live by a refresh, whose task the client polls.
func TestOVHRefresh(t *testing.T) {
	t.Parallel()
	f := signed(t, "/1.0")
	var made farm
	f.post(f.service+"/http/farm", farm{Zone: "gra", Port: 8080}, &made)
	f.post(f.service+"/http/frontend", map[string]any{"zone": "gra", "port": "80", "defaultFarmId": made.FarmID}, nil)
	var pending []struct {
		Number int    `json:"number"`
		Zone   string `json:"zone"`
	}
	f.get(f.service+"/pendingChanges", &pending)
	if len(pending) == 0 || pending[0].Number != 2 || pending[0].Zone != "gra" {
		t.Errorf("pending: %+v", pending)
	}
	var started, ended task
	f.post(f.service+"/refresh", nil, &started)
	if started.ID == 0 || started.Action != "refreshIplb" {
		t.Errorf("the refresh is %+v", started)
	}
	f.server.Advance(time.Minute)
	f.get(f.service+"/task/"+strconv.FormatInt(started.ID, 10), &ended)
	if ended.Status != "done" {
		t.Errorf("a minute later it is %s", ended.Status)
	}
	f.get(f.service+"/pendingChanges", &pending)
	for _, p := range pending {
		if p.Number != 0 {
			t.Errorf("still pending in %s: %d", p.Zone, p.Number)
		}
	}
}

func TestOVHAccessToken(t *testing.T) {
	t.Parallel()
	f := newOVH(t, "/v1", &ovh.Client{})
	f.client.AccessToken = f.server.AccessToken()
	var made, read farm
	f.post(f.service+"/tcp/farm", farm{Zone: "rbx", Port: 5432}, &made)
	f.get(f.service+"/tcp/farm/"+strconv.FormatInt(made.FarmID, 10), &read)
	f.equal(read, made)
	for _, r := range f.server.Requests() {
		if r.Header.Get("X-Ovh-Signature") != "" || r.Header.Get("Authorization") != "Bearer "+f.server.AccessToken() {
			t.Errorf("%s %s went out with other credentials", r.Method, r.URL.Path)
		}
	}
	f.client.AccessToken = "another"
	f.refused(f.client.GetWithContext(t.Context(), f.service, nil), http.StatusUnauthorized, "Client::Unauthorized")
}

// refused checks an error with all that the client keeps of one.
func (f *ovhFixture) refused(err error, status int, class string) {
	f.Helper()
	var refusal *ovh.APIError
	if !errors.As(err, &refusal) {
		f.Fatalf("%v is not an error of the API", err)
	}
	if refusal.Code != status || refusal.Class != class || refusal.Message == "" || refusal.QueryID == "" {
		f.Errorf("status %d, class %q, message %q, query ID %q; want %d %s", refusal.Code, refusal.Class, refusal.Message, refusal.QueryID, status, class)
	}
}

func TestOVHErrors(t *testing.T) {
	t.Parallel()
	f := signed(t, "/1.0")
	f.refused(f.client.GetWithContext(t.Context(), f.service+"/http/farm/404", nil), http.StatusNotFound, "Client::NotFound")
	f.refused(f.client.PostWithContext(t.Context(), f.service+"/http/farm", farm{Zone: "mars"}, nil), http.StatusBadRequest, "Client::BadRequest")
	f.refused(f.client.GetUnAuthWithContext(t.Context(), f.service, nil), http.StatusForbidden, "Client::Forbidden")
	f.client.AppSecret = "another"
	f.refused(f.client.GetWithContext(t.Context(), f.service, nil), http.StatusBadRequest, "Client::BadRequest")
}

// The list of a farm's servers is one of IDs, each of which is then read, as
// Terraform does it; asked for by headers, the same list holds objects.
func TestOVHList(t *testing.T) {
	t.Parallel()
	f := signed(t, "/1.0")
	var made farm
	f.post(f.service+"/http/farm", farm{Zone: "gra", Port: 8080}, &made)
	list := f.service + "/http/farm/" + strconv.FormatInt(made.FarmID, 10) + "/server"
	var want []server
	for i := range 7 {
		var added server
		f.post(list, server{Address: "192.0.2." + strconv.Itoa(i+1), Port: 9000 + i, Status: "active", Weight: i + 1, DisplayName: "s" + strconv.Itoa(i)}, &added)
		want = append(want, server{
			ServerID: added.ServerID, BackendID: made.FarmID, Address: "192.0.2." + strconv.Itoa(i+1), Port: 9000 + i, Status: "active", Weight: i + 1,
			DisplayName: "s" + strconv.Itoa(i),
		})
	}
	var ids []int64
	f.get(list, &ids)
	var got []server
	for _, id := range ids {
		var read server
		f.get(list+"/"+strconv.FormatInt(id, 10), &read)
		got = append(got, read)
	}
	f.equal(got, want)

	request := must(f.client.NewRequest(http.MethodGet, list, nil, true))(t)
	request.Header.Set("X-Pagination-Mode", "CachedObjectList-Pages")
	request.Header.Set("X-Pagination-Size", "5")
	answer, err := f.client.Do(request.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if total := answer.Header.Get("X-Pagination-Elements"); total != "7" {
		t.Errorf("the page says that there are %q", total)
	}
	var page []server
	if err := f.client.UnmarshalResponse(answer, &page); err != nil {
		t.Fatal(err)
	}
	f.equal(page, want[:5])
}
