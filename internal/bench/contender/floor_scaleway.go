package contender

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/lbkit/lbkit/internal/bench/canned"
)

// The floor's types have the shape of scaleway-sdk-go's, with pointers where it
// has them, but no method of their own.
type (
	floorIP struct {
		ID             string   `json:"id"`
		IPAddress      string   `json:"ip_address"`
		OrganizationID string   `json:"organization_id"`
		ProjectID      string   `json:"project_id"`
		LBID           *string  `json:"lb_id"`
		Reverse        string   `json:"reverse"`
		Tags           []string `json:"tags"`
		Region         *string  `json:"region,omitempty"`
		Zone           string   `json:"zone"`
	}
	floorInstance struct {
		ID        string     `json:"id"`
		Status    string     `json:"status"`
		IPAddress string     `json:"ip_address"`
		CreatedAt *time.Time `json:"created_at"`
		UpdatedAt *time.Time `json:"updated_at"`
		Region    *string    `json:"region,omitempty"`
		Zone      string     `json:"zone"`
	}
	floorLB struct {
		ID                    string           `json:"id"`
		Name                  string           `json:"name"`
		Description           string           `json:"description"`
		Status                string           `json:"status"`
		Instances             []*floorInstance `json:"instances"`
		OrganizationID        string           `json:"organization_id"`
		ProjectID             string           `json:"project_id"`
		IP                    []*floorIP       `json:"ip"`
		Tags                  []string         `json:"tags"`
		FrontendCount         int32            `json:"frontend_count"`
		BackendCount          int32            `json:"backend_count"`
		Type                  string           `json:"type"`
		Subscriber            *struct{}        `json:"subscriber"`
		SSLCompatibilityLevel string           `json:"ssl_compatibility_level"`
		CreatedAt             *time.Time       `json:"created_at"`
		UpdatedAt             *time.Time       `json:"updated_at"`
		PrivateNetworkCount   int32            `json:"private_network_count"`
		RouteCount            int32            `json:"route_count"`
		Region                *string          `json:"region,omitempty"`
		Zone                  string           `json:"zone"`
	}
	floorHTTPCheck struct {
		URI        string `json:"uri"`
		Method     string `json:"method"`
		Code       *int32 `json:"code"`
		HostHeader string `json:"host_header"`
	}
	floorHealthCheck struct {
		Port                int32           `json:"port"`
		CheckDelay          *int64          `json:"check_delay"`
		CheckTimeout        *int64          `json:"check_timeout"`
		CheckMaxRetries     int32           `json:"check_max_retries"`
		TCPConfig           *struct{}       `json:"tcp_config,omitempty"`
		HTTPConfig          *floorHTTPCheck `json:"http_config,omitempty"`
		CheckSendProxy      bool            `json:"check_send_proxy"`
		TransientCheckDelay *string         `json:"transient_check_delay"`
	}
	floorBackend struct {
		ID                       string            `json:"id"`
		Name                     string            `json:"name"`
		ForwardProtocol          string            `json:"forward_protocol"`
		ForwardPort              int32             `json:"forward_port"`
		ForwardPortAlgorithm     string            `json:"forward_port_algorithm"`
		StickySessions           string            `json:"sticky_sessions"`
		StickySessionsCookieName string            `json:"sticky_sessions_cookie_name"`
		HealthCheck              *floorHealthCheck `json:"health_check"`
		Pool                     []string          `json:"pool"`
		LB                       *floorLB          `json:"lb"`
		SendProxyV2              *bool             `json:"send_proxy_v2,omitempty"`
		TimeoutServer            *int64            `json:"timeout_server"`
		TimeoutConnect           *int64            `json:"timeout_connect"`
		TimeoutTunnel            *int64            `json:"timeout_tunnel"`
		OnMarkedDownAction       string            `json:"on_marked_down_action"`
		ProxyProtocol            string            `json:"proxy_protocol"`
		CreatedAt                *time.Time        `json:"created_at"`
		UpdatedAt                *time.Time        `json:"updated_at"`
		FailoverHost             *string           `json:"failover_host"`
		SSLBridging              *bool             `json:"ssl_bridging"`
		IgnoreSSLServerVerify    *bool             `json:"ignore_ssl_server_verify"`
		RedispatchAttemptCount   *int32            `json:"redispatch_attempt_count"`
		MaxRetries               *int32            `json:"max_retries"`
		MaxConnections           *int32            `json:"max_connections"`
		TimeoutQueue             *string           `json:"timeout_queue"`
		Host                     *string           `json:"host"`
	}
	floorBackendCreate struct {
		Name                     string            `json:"name"`
		ForwardProtocol          string            `json:"forward_protocol"`
		ForwardPort              int32             `json:"forward_port"`
		ForwardPortAlgorithm     string            `json:"forward_port_algorithm"`
		StickySessions           string            `json:"sticky_sessions"`
		StickySessionsCookieName string            `json:"sticky_sessions_cookie_name"`
		HealthCheck              *floorHealthCheck `json:"health_check"`
		ServerIP                 []string          `json:"server_ip"`
		TimeoutServer            *int64            `json:"timeout_server,omitempty"`
		TimeoutConnect           *int64            `json:"timeout_connect,omitempty"`
		TimeoutTunnel            *int64            `json:"timeout_tunnel,omitempty"`
		OnMarkedDownAction       string            `json:"on_marked_down_action"`
		ProxyProtocol            string            `json:"proxy_protocol"`
		MaxRetries               *int32            `json:"max_retries,omitempty"`
		TimeoutQueue             *string           `json:"timeout_queue,omitempty"`
	}
)

func (b *floorLB) facts() lbFacts {
	f := lbFacts{
		id: b.ID, name: b.Name, description: b.Description, status: b.Status, tag: first(b.Tags), tags: len(b.Tags), instances: len(b.Instances),
		updated: content(b.UpdatedAt).UnixNano(),
	}
	if ip := first(b.IP); ip != nil {
		f.address = ip.IPAddress
	}
	return f
}

func (b *floorBackend) facts() backendFacts {
	f := backendFacts{
		id: b.ID, name: b.Name, server: first(b.Pool), servers: len(b.Pool), port: int(b.ForwardPort), updated: content(b.UpdatedAt).UnixNano(),
		timeout: time.Duration(content(b.TimeoutServer)) * time.Millisecond,
	}
	if content(b.TimeoutQueue) == "5s" {
		f.queue = 5 * time.Second
	}
	if b.LB != nil {
		f.lb = b.LB.ID
	}
	if b.HealthCheck != nil {
		f.checkDelay = time.Duration(content(b.HealthCheck.CheckDelay)) * time.Millisecond
		if b.HealthCheck.HTTPConfig != nil {
			f.path = b.HealthCheck.HTTPConfig.URI
		}
	}
	return f
}

// floorScaleway is what a program does that uses nothing but the standard
// library, and uses it well.
type floorScaleway struct {
	client *http.Client
	base   string
	want   *facts
}

// call decodes the answer as it comes in. It drains what the decoder leaves, so
// that the connection is used again.
func (c *floorScaleway) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	text, encoded := in.(json.RawMessage)
	if in != nil && !encoded {
		var err error
		if text, err = json.Marshal(in); err != nil {
			return err
		}
	}
	r, err := c.request(ctx, method, path, query, text)
	if err != nil {
		return err
	}
	return exchange(c.client, r, out)
}

// request is one with a body that is encoded already; nil: none.
func (c *floorScaleway) request(ctx context.Context, method, path string, query url.Values, text []byte) (*http.Request, error) {
	var body io.Reader
	if text != nil {
		body = bytes.NewReader(text)
	}
	target := c.base + "/lb/v1/zones/" + canned.ScalewayZone + path
	if query != nil {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Auth-Token", canned.ScalewayToken)
	r.Header.Set("User-Agent", "floor")
	if text != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// exchange sends r and decodes its answer.
func exchange(client *http.Client, r *http.Request, out any) error {
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("%s: %s", resp.Status, text)
	}
	if size, ok := out.(*length); ok {
		n, err := io.Copy(io.Discard, resp.Body)
		*size = length(n)
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// length is that of an answer which nobody decodes.
type length int

func (c *floorScaleway) get(ctx context.Context) error {
	var b floorLB
	if err := c.call(ctx, http.MethodGet, "/lbs/"+firstLB, nil, nil, &b); err != nil {
		return err
	}
	return match(b.facts(), c.want.lbs, 0)
}

func (c *floorScaleway) getUnread(ctx context.Context) error {
	var size length
	if err := c.call(ctx, http.MethodGet, "/lbs/"+firstLB, nil, nil, &size); err != nil {
		return err
	}
	return counted(int(size), sizeOfLB)
}

// createUnread sends the body that create sends, encoded once and for all.
func (c *floorScaleway) createUnread(ctx context.Context) error {
	var size length
	if err := c.call(ctx, http.MethodPost, "/lbs/"+firstLB+"/backends", nil, encodedBackend, &size); err != nil {
		return err
	}
	return counted(int(size), sizeOfBackend)
}

var (
	encodedBackend          = must(json.Marshal(newFloorBackend()))
	sizeOfLB, sizeOfBackend = len(canned.LoadBalancer(0)), len(canned.Backend(canned.Objects))
)

func must(text []byte, err error) json.RawMessage {
	if err != nil {
		panic(err)
	}
	return text
}

func newFloorBackend() *floorBackendCreate {
	return &floorBackendCreate{
		Name: "backend", ForwardProtocol: "http", ForwardPort: 80, ForwardPortAlgorithm: "roundrobin", StickySessions: "none",
		HealthCheck: &floorHealthCheck{
			Port: 80, CheckDelay: new(int64(60000)), CheckTimeout: new(int64(30000)), CheckMaxRetries: 2,
			HTTPConfig:          &floorHTTPCheck{URI: "/healthz", Method: "GET", Code: new(int32(200)), HostHeader: "shop.example.com"},
			TransientCheckDelay: new("0.500s"),
		},
		ServerIP: []string{server1, server2}, TimeoutServer: new(int64(300000)), TimeoutConnect: new(int64(5000)),
		TimeoutTunnel: new(int64(900000)), OnMarkedDownAction: "on_marked_down_action_none", ProxyProtocol: "proxy_protocol_none",
		MaxRetries: new(int32(3)), TimeoutQueue: new("5s"),
	}
}

func (c *floorScaleway) create(ctx context.Context) error {
	in := newFloorBackend()
	var b floorBackend
	if err := c.call(ctx, http.MethodPost, "/lbs/"+firstLB+"/backends", nil, in, &b); err != nil {
		return err
	}
	return match(b.facts(), c.want.backends, canned.Objects)
}

func (c *floorScaleway) listLBs(ctx context.Context) error {
	var all []*floorLB
	for page := 1; page == 1 || len(all) < canned.Objects; page++ {
		var answer struct {
			LBs   []*floorLB `json:"lbs"`
			Total int        `json:"total_count"`
		}
		if err := c.call(ctx, http.MethodGet, "/lbs", pageQuery(page), nil, &answer); err != nil {
			return err
		}
		all = append(all, answer.LBs...)
	}
	for i, b := range all {
		if err := match(b.facts(), c.want.lbs, i); err != nil {
			return err
		}
	}
	return counted(len(all), canned.Objects)
}

func (c *floorScaleway) listBackends(ctx context.Context) error {
	var all []*floorBackend
	for page := 1; page == 1 || len(all) < canned.Objects; page++ {
		var answer struct {
			Backends []*floorBackend `json:"backends"`
			Total    int             `json:"total_count"`
		}
		if err := c.call(ctx, http.MethodGet, "/lbs/"+firstLB+"/backends", pageQuery(page), nil, &answer); err != nil {
			return err
		}
		all = append(all, answer.Backends...)
	}
	for i, b := range all {
		if err := match(b.facts(), c.want.backends, i); err != nil {
			return err
		}
	}
	return counted(len(all), canned.Objects)
}

func pageQuery(page int) url.Values {
	return url.Values{"page": {strconv.Itoa(page)}, "page_size": {"100"}}
}
