package interop

import (
	"time"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// addBackend makes one backend with every setting, and a spare one with as few
// as the client allows.
func (l *life) addBackend() {
	l.t.Helper()
	made := must(l.api.CreateBackend(&api.ZonedAPICreateBackendRequest{
		Zone: zone, LBID: l.lb.ID, Name: "app", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 8080,
		ForwardPortAlgorithm: api.ForwardPortAlgorithmLeastconn, StickySessions: api.StickySessionsTypeCookie, StickySessionsCookieName: "SID",
		HealthCheck: &api.HealthCheck{
			Port: 8081, CheckDelay: ref(2 * time.Second), CheckTimeout: ref(1500 * time.Millisecond), CheckMaxRetries: 4,
			HTTPConfig:          &api.HealthCheckHTTPConfig{URI: "/up", Method: "HEAD", Code: ref(int32(204)), HostHeader: "app.example.com"},
			TransientCheckDelay: scw.NewDurationFromTimeDuration(750 * time.Millisecond),
		},
		ServerIP: []string{"10.0.0.1"}, TimeoutServer: ref(time.Minute), TimeoutConnect: ref(3 * time.Second), TimeoutTunnel: ref(time.Hour),
		OnMarkedDownAction: api.OnMarkedDownActionShutdownSessions, ProxyProtocol: api.ProxyProtocolProxyProtocolNone,
		FailoverHost: ref("sorry.s3-website.fr-par.scw.cloud"), SslBridging: ref(true), IgnoreSslServerVerify: ref(true),
		RedispatchAttemptCount: ref(int32(1)), MaxRetries: ref(int32(5)), MaxConnections: ref(int32(100)),
		TimeoutQueue: scw.NewDurationFromTimeDuration(2500 * time.Millisecond), Host: ref("app.example.com"),
	}))(l.t)
	l.backend = &api.Backend{
		ID: made.ID, Name: "app", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 8080,
		ForwardPortAlgorithm: api.ForwardPortAlgorithmLeastconn, StickySessions: api.StickySessionsTypeCookie, StickySessionsCookieName: "SID",
		HealthCheck: &api.HealthCheck{
			Port: 8081, CheckDelay: ref(2 * time.Second), CheckTimeout: ref(1500 * time.Millisecond), CheckMaxRetries: 4,
			HTTPConfig:          &api.HealthCheckHTTPConfig{URI: "/up", Method: "HEAD", Code: ref(int32(204)), HostHeader: "app.example.com"},
			TransientCheckDelay: scw.NewDurationFromTimeDuration(750 * time.Millisecond),
		},
		Pool: []string{"10.0.0.1"}, LB: l.lb,
		SendProxyV2:   ref(false), //nolint:staticcheck // deprecated, and answered all the same
		TimeoutServer: ref(time.Minute), TimeoutConnect: ref(3 * time.Second), TimeoutTunnel: ref(time.Hour),
		OnMarkedDownAction: api.OnMarkedDownActionShutdownSessions, ProxyProtocol: api.ProxyProtocolProxyProtocolNone,
		FailoverHost: ref("sorry.s3-website.fr-par.scw.cloud"), SslBridging: ref(true), IgnoreSslServerVerify: ref(true),
		RedispatchAttemptCount: ref(int32(1)), MaxRetries: ref(int32(5)), MaxConnections: ref(int32(100)),
		TimeoutQueue: scw.NewDurationFromTimeDuration(2500 * time.Millisecond), Host: ref("app.example.com"),
	}
	recent(l.t, made.CreatedAt, made.UpdatedAt)
	same(l.t, made, l.backend)
	l.readBackend()

	l.spare = must(l.api.CreateBackend(&api.ZonedAPICreateBackendRequest{
		Zone: zone, LBID: l.lb.ID, Name: "spare", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 80,
		HealthCheck: &api.HealthCheck{Port: 80, CheckMaxRetries: 3},
	}))(l.t)
	same(l.t, l.spare, &api.Backend{
		ID: l.spare.ID, Name: "spare", ForwardProtocol: api.ProtocolHTTP, ForwardPort: 80,
		ForwardPortAlgorithm: api.ForwardPortAlgorithmRoundrobin, StickySessions: api.StickySessionsTypeNone,
		HealthCheck: &api.HealthCheck{
			Port: 80, CheckDelay: ref(3 * time.Second), CheckTimeout: ref(time.Second), CheckMaxRetries: 3, TCPConfig: &api.HealthCheckTCPConfig{},
		},
		Pool: []string{}, LB: l.lb,
		SendProxyV2:        ref(false), //nolint:staticcheck // deprecated, and answered all the same
		OnMarkedDownAction: api.OnMarkedDownActionOnMarkedDownActionNone,
		ProxyProtocol:      api.ProxyProtocolProxyProtocolUnknown, SslBridging: ref(false), Host: ref(""),
	})
}

// readBackend reads the backend and its list.
func (l *life) readBackend() {
	l.t.Helper()
	same(l.t, must(l.api.GetBackend(&api.ZonedAPIGetBackendRequest{Zone: zone, BackendID: l.backend.ID}))(l.t), l.backend)
	list := must(l.api.ListBackends(&api.ZonedAPIListBackendsRequest{Zone: zone, LBID: l.lb.ID, Name: &l.backend.Name}, scw.WithAllPages()))(l.t)
	same(l.t, list, &api.ListBackendsResponse{Backends: []*api.Backend{l.backend}, TotalCount: 1})
}

// addServers adds, removes and replaces servers.
func (l *life) addServers() {
	l.t.Helper()
	id := l.backend.ID
	l.backend.Pool = []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
	same(l.t, must(l.api.AddBackendServers(&api.ZonedAPIAddBackendServersRequest{Zone: zone, BackendID: id, ServerIP: []string{"10.0.0.2", "10.0.0.3"}}))(l.t), l.backend)
	l.backend.Pool = []string{"10.0.0.2", "10.0.0.3"}
	same(l.t, must(l.api.RemoveBackendServers(&api.ZonedAPIRemoveBackendServersRequest{Zone: zone, BackendID: id, ServerIP: []string{"10.0.0.1"}}))(l.t), l.backend)
	l.backend.Pool = []string{"10.0.0.4", "2001:db8::5"}
	same(l.t, must(l.api.SetBackendServers(&api.ZonedAPISetBackendServersRequest{Zone: zone, BackendID: id, ServerIP: l.backend.Pool}))(l.t), l.backend)
	l.readBackend()
}

// updateBackend replaces the settings by others.
func (l *life) updateBackend() {
	l.t.Helper()
	b := l.backend
	b.Name, b.ForwardPort, b.ForwardPortAlgorithm = "app-2", 9090, api.ForwardPortAlgorithmFirst
	b.StickySessions, b.StickySessionsCookieName = api.StickySessionsTypeTable, ""
	b.TimeoutServer, b.TimeoutConnect, b.TimeoutTunnel = ref(2*time.Minute), ref(4*time.Second), ref(2*time.Hour)
	b.OnMarkedDownAction, b.ProxyProtocol = api.OnMarkedDownActionOnMarkedDownActionNone, api.ProxyProtocolProxyProtocolV2
	b.SendProxyV2 = ref(true) //nolint:staticcheck // deprecated, and answered all the same
	b.FailoverHost, b.SslBridging, b.IgnoreSslServerVerify = ref("other.s3-website.fr-par.scw.cloud"), ref(false), ref(false)
	b.RedispatchAttemptCount, b.MaxRetries, b.MaxConnections = ref(int32(0)), ref(int32(7)), ref(int32(200))
	b.TimeoutQueue, b.Host = scw.NewDurationFromTimeDuration(4*time.Second), ref("other.example.com")
	updated := must(l.api.UpdateBackend(&api.ZonedAPIUpdateBackendRequest{
		Zone: zone, BackendID: b.ID, Name: b.Name, ForwardProtocol: b.ForwardProtocol, ForwardPort: b.ForwardPort, ForwardPortAlgorithm: b.ForwardPortAlgorithm,
		StickySessions: b.StickySessions, StickySessionsCookieName: b.StickySessionsCookieName, TimeoutServer: b.TimeoutServer,
		TimeoutConnect: b.TimeoutConnect, TimeoutTunnel: b.TimeoutTunnel, OnMarkedDownAction: b.OnMarkedDownAction, ProxyProtocol: b.ProxyProtocol,
		FailoverHost: b.FailoverHost, SslBridging: b.SslBridging, IgnoreSslServerVerify: b.IgnoreSslServerVerify,
		RedispatchAttemptCount: b.RedispatchAttemptCount, MaxRetries: b.MaxRetries, MaxConnections: b.MaxConnections, TimeoutQueue: b.TimeoutQueue, Host: b.Host,
	}))(l.t)
	same(l.t, updated, b)
	l.readBackend()
}

// updateHealthCheck puts a check of another kind in the place of the first.
func (l *life) updateHealthCheck() {
	l.t.Helper()
	check := &api.HealthCheck{
		Port: 9443, CheckDelay: ref(5 * time.Second), CheckTimeout: ref(2 * time.Second), CheckMaxRetries: 2, CheckSendProxy: true,
		HTTPSConfig:         &api.HealthCheckHTTPSConfig{URI: "/healthz", Method: "GET", Code: ref(int32(200)), HostHeader: "app.example.com", Sni: "sni.example.com"},
		TransientCheckDelay: scw.NewDurationFromTimeDuration(time.Second),
	}
	updated := must(l.api.UpdateHealthCheck(&api.ZonedAPIUpdateHealthCheckRequest{
		Zone: zone, BackendID: l.backend.ID, Port: check.Port, CheckDelay: check.CheckDelay, CheckTimeout: check.CheckTimeout, CheckMaxRetries: check.CheckMaxRetries,
		CheckSendProxy: check.CheckSendProxy, HTTPSConfig: check.HTTPSConfig, TransientCheckDelay: check.TransientCheckDelay,
	}))(l.t)
	same(l.t, updated, check)
	l.backend.HealthCheck = check
	l.readBackend()
}

// addFrontend makes a frontend of the backend.
func (l *life) addFrontend() {
	l.t.Helper()
	made := must(l.api.CreateFrontend(&api.ZonedAPICreateFrontendRequest{
		Zone: zone, LBID: l.lb.ID, Name: "http", InboundPort: 80, BackendID: l.backend.ID, TimeoutClient: ref(30 * time.Second),
		ConnectionRateLimit: ref(uint32(50)), EnableAccessLogs: true,
	}))(l.t)
	recent(l.t, made.CreatedAt, made.UpdatedAt)
	l.frontend = &api.Frontend{
		ID: made.ID, Name: "http", InboundPort: 80, Backend: l.backend, LB: l.lb, TimeoutClient: ref(30 * time.Second), CertificateIDs: []string{},
		ConnectionRateLimit: ref(uint32(50)), EnableAccessLogs: true,
	}
	same(l.t, made, l.frontend)
	l.readFrontend()
}

func (l *life) readFrontend() {
	l.t.Helper()
	same(l.t, must(l.api.GetFrontend(&api.ZonedAPIGetFrontendRequest{Zone: zone, FrontendID: l.frontend.ID}))(l.t), l.frontend)
	list := must(l.api.ListFrontends(&api.ZonedAPIListFrontendsRequest{Zone: zone, LBID: l.lb.ID}, scw.WithAllPages()))(l.t)
	same(l.t, list, &api.ListFrontendsResponse{Frontends: []*api.Frontend{l.frontend}, TotalCount: 1})
}

// updateFrontend replaces the settings; a limit of 0 is answered as none.
func (l *life) updateFrontend() {
	l.t.Helper()
	f := l.frontend
	f.Name, f.InboundPort, f.TimeoutClient, f.ConnectionRateLimit, f.EnableAccessLogs = "http-2", 8000, ref(time.Minute), nil, false
	updated := must(l.api.UpdateFrontend(&api.ZonedAPIUpdateFrontendRequest{
		Zone: zone, FrontendID: f.ID, Name: f.Name, InboundPort: f.InboundPort, BackendID: l.backend.ID, TimeoutClient: f.TimeoutClient,
		ConnectionRateLimit: ref(uint32(0)), EnableAccessLogs: ref(false),
	}))(l.t)
	same(l.t, updated, f)
	l.readFrontend()
}

// readStats finds one row for each server.
func (l *life) readStats() {
	l.t.Helper()
	l.settled()
	list := must(l.api.ListBackendStats(&api.ZonedAPIListBackendStatsRequest{Zone: zone, LBID: l.lb.ID, BackendID: &l.backend.ID}, scw.WithAllPages()))(l.t)
	if list.TotalCount != 2 || len(list.BackendServersStats) != 2 {
		l.t.Fatalf("%d rows, total %d", len(list.BackendServersStats), list.TotalCount)
	}
	for i, row := range list.BackendServersStats {
		recent(l.t, row.ServerStateChangedAt)
		// Recorded rows name an instance that the load balancer does not list.
		if row.InstanceID == "" || row.InstanceID == l.lb.Instances[0].ID {
			l.t.Errorf("instance %q", row.InstanceID)
		}
		same(l.t, row, &api.BackendServerStats{
			InstanceID: row.InstanceID, BackendID: l.backend.ID, IP: l.backend.Pool[i],
			ServerState: row.ServerState, LastHealthCheckStatus: row.LastHealthCheckStatus,
		})
		if row.ServerState != api.BackendServerStatsServerStateRunning || row.LastHealthCheckStatus != api.BackendServerStatsHealthCheckStatusPassed {
			l.t.Errorf("server %s is %s, %s", row.IP, row.ServerState, row.LastHealthCheckStatus)
		}
	}
	old := must(l.api.GetLBStats(&api.ZonedAPIGetLBStatsRequest{Zone: zone, LBID: l.lb.ID}))(l.t) //nolint:staticcheck // deprecated, and answered all the same
	same(l.t, old, &api.LBStats{BackendServersStats: list.BackendServersStats})
}
