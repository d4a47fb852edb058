package contender

import (
	"context"
	"crypto/sha1" //nolint:gosec // G505: OVHcloud's signature is SHA-1
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// Plain types of the API, which go-ovh decodes into as well: it has none.
type (
	plainProbe struct {
		Type     string `json:"type"`
		Interval *int   `json:"interval"`
		Port     *int   `json:"port"`
		Method   string `json:"method"`
		URL      string `json:"url"`
		Match    string `json:"match"`
		Pattern  string `json:"pattern"`
		Negate   *bool  `json:"negate"`
		ForceSSL *bool  `json:"forceSsl"`
	}
	plainFarm struct {
		FarmID         int64       `json:"farmId"`
		DisplayName    *string     `json:"displayName"`
		Zone           string      `json:"zone"`
		Port           *int        `json:"port"`
		Balance        *string     `json:"balance"`
		Stickiness     *string     `json:"stickiness"`
		Probe          *plainProbe `json:"probe"`
		VRackNetworkID *int64      `json:"vrackNetworkId"`
	}
	plainState struct {
		InstanceID       int64      `json:"instanceId"`
		Status           *string    `json:"status"`
		CheckTime        *time.Time `json:"checkTime"`
		CheckStatus      *string    `json:"checkStatus"`
		CheckCode        *string    `json:"checkCode"`
		LastCheckContent *string    `json:"lastCheckContent"`
	}
	plainServer struct {
		ServerID             int64         `json:"serverId"`
		FarmID               int64         `json:"backendId"`
		DisplayName          *string       `json:"displayName"`
		Address              string        `json:"address"`
		Port                 *int          `json:"port"`
		Status               string        `json:"status"`
		Weight               *int          `json:"weight"`
		Backup               bool          `json:"backup"`
		Probe                bool          `json:"probe"`
		SSL                  bool          `json:"ssl"`
		Chain                *string       `json:"chain"`
		Cookie               *string       `json:"cookie"`
		ProxyProtocolVersion *string       `json:"proxyProtocolVersion"`
		OnMarkedDown         *string       `json:"onMarkedDown"`
		ServerState          []*plainState `json:"serverState"`
	}
)

func (s *plainServer) facts() serverFacts {
	f := serverFacts{
		id: s.ServerID, name: content(s.DisplayName), address: s.Address, status: s.Status, port: content(s.Port), weight: content(s.Weight),
	}
	if state := first(s.ServerState); state != nil {
		f.health = content(state.Status)
	}
	return f
}

// match compares a farm with what it is.
func (f *plainFarm) match() error {
	if f.FarmID != canned.OVHFarm || content(f.DisplayName) != "shop" || content(f.Port) != 8080 || f.Probe == nil || f.Probe.URL != "/healthz" {
		return mismatch(*f, []plainFarm{{}}, 0)
	}
	return nil
}

// floorOVH signs its requests from a buffer on the stack.
type floorOVH struct {
	client *http.Client
	base   string
	want   *facts
}

func (c *floorOVH) get(ctx context.Context, path string, header http.Header, out any) error {
	target := c.base + path
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	var buffer [512]byte
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	text := append(buffer[:0], canned.OVHApplicationSecret+"+"+canned.OVHConsumerKey+"+GET+"...)
	text = append(append(append(text, target...), "++"...), timestamp...)
	sum := sha1.Sum(text) //nolint:gosec // G401: as above
	var signature [3 + 2*sha1.Size]byte
	copy(signature[:], "$1$")
	hex.Encode(signature[3:], sum[:])
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "floor")
	r.Header.Set("X-Ovh-Application", canned.OVHApplicationKey)
	r.Header.Set("X-Ovh-Consumer", canned.OVHConsumerKey)
	r.Header.Set("X-Ovh-Timestamp", timestamp)
	r.Header.Set("X-Ovh-Signature", string(signature[:]))
	return exchange(c.client, r, out)
}

func (c *floorOVH) farm(ctx context.Context) error {
	var f plainFarm
	if err := c.get(ctx, canned.OVHFarmPath, nil, &f); err != nil {
		return err
	}
	return f.match()
}

func (c *floorOVH) expanded(ctx context.Context) error {
	header := http.Header{"X-Pagination-Mode": {"CachedObjectList-Pages"}, "X-Pagination-Number": {"1"}, "X-Pagination-Size": {"5000"}, "Pragma": {"no-cache"}}
	var all []*plainServer
	if err := c.get(ctx, canned.OVHServersPath, header, &all); err != nil {
		return err
	}
	return matchServers(all, c.want)
}

// byKeys reads the keys and then each server, so many at once.
func (c *floorOVH) byKeys(at int) func(context.Context) error {
	return func(ctx context.Context) error {
		return byKeys(ctx, at, c.want, func(ctx context.Context, path string, out any) error { return c.get(ctx, path, nil, out) })
	}
}

// byKeys is the way of everyone who has no list of objects: Terraform's provider
// goes one by one, OVHcloud's CLI ten at once.
func byKeys(ctx context.Context, at int, want *facts, get func(ctx context.Context, path string, out any) error) error {
	var ids []int64
	if err := get(ctx, canned.OVHServersPath, &ids); err != nil {
		return err
	}
	all := make([]*plainServer, len(ids))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(at)
	for i, id := range ids {
		one := func() error {
			all[i] = new(plainServer)
			return get(ctx, canned.OVHServersPath+"/"+strconv.FormatInt(id, 10), all[i])
		}
		if at > 1 {
			group.Go(one)
		} else if err := one(); err != nil {
			return err
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return matchServers(all, want)
}

func matchServers(all []*plainServer, want *facts) error {
	for i, s := range all {
		if err := match(s.facts(), want.servers, i); err != nil {
			return err
		}
	}
	return counted(len(all), canned.Objects)
}
