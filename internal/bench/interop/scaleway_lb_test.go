package interop

import (
	"slices"
	"strings"
	"time"

	api "github.com/scaleway/scaleway-sdk-go/api/lb/v1"
	"github.com/scaleway/scaleway-sdk-go/scw"
)

// allocate takes an address first, which the load balancer gets and outlives.
func (l *life) allocate() {
	l.t.Helper()
	l.ip = must(l.api.CreateIP(&api.ZonedAPICreateIPRequest{Zone: zone, Reverse: ref("www.example.com"), Tags: []string{"blue"}}))(l.t)
	if strings.Count(l.ip.IPAddress, ".") != 3 || l.ip.ID == "" {
		l.t.Fatalf("address %q, ID %q", l.ip.IPAddress, l.ip.ID)
	}
	same(l.t, l.ip, &api.IP{
		ID: l.ip.ID, IPAddress: l.ip.IPAddress, OrganizationID: l.server.ProjectID(), ProjectID: l.server.ProjectID(),
		Reverse: "www.example.com", Tags: []string{"blue"}, Zone: zone,
		Region: ref(scw.RegionFrPar), //nolint:staticcheck // deprecated, and answered all the same
	})
	same(l.t, must(l.api.GetIP(&api.ZonedAPIGetIPRequest{Zone: zone, IPID: l.ip.ID}))(l.t), l.ip)
}

// create makes the load balancer and waits until it works.
func (l *life) create() {
	l.t.Helper()
	made := must(l.api.CreateLB(&api.ZonedAPICreateLBRequest{
		Zone: zone, Name: "web", Description: "the shop's", IPIDs: []string{l.ip.ID}, Tags: []string{"a", "b"}, Type: "LB-S",
		SslCompatibilityLevel: api.SSLCompatibilityLevelSslCompatibilityLevelModern,
	}))(l.t)
	if made.Status != api.LBStatusToCreate {
		l.t.Errorf("just made, it is %s", made.Status)
	}
	l.ip.LBID = &made.ID
	l.lb = l.waitLB(made.ID)
	if len(l.lb.Instances) != 1 || l.lb.Instances[0].ID == "" {
		l.t.Fatalf("instances: %v", l.lb.Instances)
	}
	recent(l.t, l.lb.CreatedAt, l.lb.UpdatedAt, l.lb.Instances[0].CreatedAt, l.lb.Instances[0].UpdatedAt)
	same(l.t, l.lb, &api.LB{
		ID: made.ID, Name: "web", Description: "the shop's", Status: api.LBStatusReady,
		Instances:      []*api.Instance{{ID: l.lb.Instances[0].ID, Status: api.InstanceStatusReady, Region: ref(scw.RegionFrPar), Zone: zone}},
		OrganizationID: l.server.ProjectID(), ProjectID: l.server.ProjectID(), IP: []*api.IP{l.ip}, Tags: []string{"a", "b"}, Type: "lb-s",
		SslCompatibilityLevel: api.SSLCompatibilityLevelSslCompatibilityLevelModern, Zone: zone,
		Region: ref(scw.RegionFrPar), //nolint:staticcheck // deprecated, and answered all the same
	})
	same(l.t, must(l.api.GetIP(&api.ZonedAPIGetIPRequest{Zone: zone, IPID: l.ip.ID}))(l.t), l.ip)
	l.ip = must(l.api.UpdateIP(&api.ZonedAPIUpdateIPRequest{Zone: zone, IPID: l.ip.ID, Reverse: ref("shop.example.com")}))(l.t)
	if l.ip.Reverse != "shop.example.com" || l.ip.LBID == nil || *l.ip.LBID != made.ID || len(l.ip.Tags) != 1 {
		l.t.Errorf("after a change of its reverse name alone the address is %+v", l.ip)
	}
	l.lb.IP = []*api.IP{l.ip}
}

// waitLB waits by each of the client's three waiters.
func (l *life) waitLB(id string) *api.LB {
	l.t.Helper()
	by := []func() (*api.LB, error){
		func() (*api.LB, error) {
			return l.api.WaitForLb(&api.ZonedAPIWaitForLBRequest{Zone: zone, LBID: id, Timeout: patience, RetryInterval: pause})
		},
		func() (*api.LB, error) {
			return l.api.WaitForLB(&api.WaitForLBRequest{Zone: zone, LBID: id, Timeout: patience, RetryInterval: pause})
		},
		func() (*api.LB, error) {
			return l.api.WaitForLbInstances(&api.ZonedAPIWaitForLBInstancesRequest{Zone: zone, LBID: id, Timeout: patience, RetryInterval: pause})
		},
	}
	var waited *api.LB
	for _, wait := range by {
		waited = must(wait())(l.t)
		if waited.Status != api.LBStatusReady {
			l.t.Errorf("waited for, it is %s", waited.Status)
		}
	}
	return waited
}

// settled waits until the instances have followed the writes. The client's own
// waiter for instances (WaitForLbInstances) returns without: it stops at the
// status of the load balancer.
func (l *life) settled() *api.LB {
	l.t.Helper()
	give := time.After(*patience)
	for {
		read := must(l.api.GetLB(&api.ZonedAPIGetLBRequest{Zone: zone, LBID: l.lb.ID}))(l.t)
		if read.Status == api.LBStatusReady && !slices.ContainsFunc(read.Instances, func(i *api.Instance) bool { return i.Status != api.InstanceStatusReady }) {
			return read
		}
		select {
		case <-give:
			l.t.Fatalf("instances are not ready: %+v", read.Instances)
		case <-time.After(*pause):
		}
	}
}

// migrate takes the load balancer to a larger offer.
func (l *life) migrate() {
	l.t.Helper()
	asked := must(l.api.MigrateLB(&api.ZonedAPIMigrateLBRequest{Zone: zone, LBID: l.lb.ID, Type: "LB-GP-M"}))(l.t)
	if asked.Status != api.LBStatusMigrating {
		l.t.Errorf("asked to migrate, it is %s", asked.Status)
	}
	l.lb.Type = "lb-gp-m"
	waited := l.waitLB(l.lb.ID)
	if waited.Type != "lb-gp-m" {
		l.t.Errorf("migrated, its type is %q", waited.Type)
	}
	l.lb.Instances = waited.Instances // a larger offer is another machine
	types := must(l.api.ListLBTypes(&api.ZonedAPIListLBTypesRequest{Zone: zone}, scw.WithAllPages()))(l.t)
	if !slices.ContainsFunc(types.LBTypes, func(offer *api.LBType) bool { return strings.EqualFold(offer.Name, waited.Type) && offer.Zone == zone }) {
		l.t.Errorf("its type is none of the %d offers", types.TotalCount)
	}
}

// updateLB replaces what can be changed, and reads all of it back.
func (l *life) updateLB() {
	l.t.Helper()
	l.lb.Name, l.lb.Description, l.lb.Tags = "web-2", "", []string{"c"}
	l.lb.SslCompatibilityLevel = api.SSLCompatibilityLevelSslCompatibilityLevelOld
	updated := must(l.api.UpdateLB(&api.ZonedAPIUpdateLBRequest{
		Zone: zone, LBID: l.lb.ID, Name: l.lb.Name, Description: l.lb.Description, Tags: l.lb.Tags, SslCompatibilityLevel: l.lb.SslCompatibilityLevel,
	}))(l.t)
	if updated.Name != "web-2" || !updated.UpdatedAt.After(*l.lb.UpdatedAt) {
		l.t.Errorf("updated: name %q at %v, before: %v", updated.Name, updated.UpdatedAt, l.lb.UpdatedAt)
	}
	l.lb.FrontendCount, l.lb.BackendCount, l.lb.RouteCount = 1, 2, 1
	same(l.t, l.settled(), l.lb)
}

// deleteLB keeps the address; the waiter ends at the 404.
func (l *life) deleteLB() {
	l.t.Helper()
	if err := l.api.DeleteLB(&api.ZonedAPIDeleteLBRequest{Zone: zone, LBID: l.lb.ID}); err != nil {
		l.t.Fatal(err)
	}
	waited, err := l.api.WaitForLb(&api.ZonedAPIWaitForLBRequest{Zone: zone, LBID: l.lb.ID, Timeout: patience, RetryInterval: pause})
	if !gone(err) {
		l.t.Fatalf("waiting for what was deleted: %+v, %v; want a 404", waited, err)
	}
	l.ip.LBID = nil
	same(l.t, must(l.api.GetIP(&api.ZonedAPIGetIPRequest{Zone: zone, IPID: l.ip.ID}))(l.t), l.ip)
}

// releaseIP gives the address back.
func (l *life) releaseIP() {
	l.t.Helper()
	if err := l.api.ReleaseIP(&api.ZonedAPIReleaseIPRequest{Zone: zone, IPID: l.ip.ID}); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.api.GetIP(&api.ZonedAPIGetIPRequest{Zone: zone, IPID: l.ip.ID}); !gone(err) {
		l.t.Errorf("the address given back: %v; want a 404", err)
	}
	left := must(l.api.ListLBs(&api.ZonedAPIListLBsRequest{Zone: zone}, scw.WithAllPages()))(l.t)
	if left.TotalCount != 0 || len(left.LBs) != 0 {
		l.t.Errorf("%d load balancers are left", left.TotalCount)
	}
}
