package scaleway

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/lbkit/lbkit/lb"
)

// Unknown is stored as intermediate (facts 8).
var tlsLevels = words[lb.TLSPolicy, SSLCompatibilityLevel]{
	{lb.TLSPolicyIntermediate, SSLCompatibilityLevelIntermediate},
	{lb.TLSPolicyIntermediate, SSLCompatibilityLevelUnknown},
	{lb.TLSPolicyModern, SSLCompatibilityLevelModern},
	{lb.TLSPolicyLegacy, SSLCompatibilityLevelOld},
}

var lbStatuses = words[lb.Provisioning, LBStatus]{
	{lb.ProvisioningPending, LBStatusToCreate},
	{lb.ProvisioningPending, LBStatusCreating},
	{lb.ProvisioningReady, LBStatusReady},
	{lb.ProvisioningUpdating, LBStatusPending},
	{lb.ProvisioningUpdating, LBStatusMigrating},
	{lb.ProvisioningDeleting, LBStatusToDelete},
	{lb.ProvisioningDeleting, LBStatusDeleting},
	{lb.ProvisioningSuspended, LBStatusStopped},
	{lb.ProvisioningSuspended, LBStatusLocked},
	{lb.ProvisioningError, LBStatusError},
	{lb.ProvisioningUnknown, LBStatusUnknown},
}

var instanceStatuses = words[lb.Provisioning, InstanceStatus]{
	{lb.ProvisioningReady, InstanceStatusReady},
	{lb.ProvisioningUpdating, InstanceStatusPending},
	{lb.ProvisioningUpdating, InstanceStatusMigrating},
	{lb.ProvisioningSuspended, InstanceStatusStopped},
	{lb.ProvisioningSuspended, InstanceStatusLocked},
	{lb.ProvisioningError, InstanceStatusError},
	{lb.ProvisioningUnknown, InstanceStatusUnknown},
}

// neutralLoadBalancer is b, which was read in zone, with the private networks that were
// read, in the words of the contract.
func (d dialect) neutralLoadBalancer(zone Zone, b *LB, attached []*PrivateNetwork) *lb.LoadBalancer {
	model := &loadBalancerModel{LoadBalancer: lb.LoadBalancer{
		ID:           FormatLoadBalancerID(zone, b.ID),
		Provisioning: lbStatuses.read(b.Status),
		Created:      moment(b.CreatedAt),
		Updated:      moment(b.UpdatedAt),
		Native:       b,
	}}
	model.options = d.loadBalancerReported(b, attached)
	model.LoadBalancerSpec = loadBalancerSpec(zone, b, &model.options)
	model.Zones = append(model.zones[:0:1], string(zone))
	if len(b.IP) > 0 {
		model.Addresses = model.addresses[:0:2]
	}
	if len(b.Instances) > 0 {
		model.Instances = model.instances[:0:1]
	}
	for _, ip := range b.IP {
		if address, err := netip.ParseAddr(ip.IPAddress); err == nil {
			model.Addresses = append(model.Addresses, address)
		}
	}
	for _, i := range b.Instances {
		model.Instances = append(model.Instances, lb.Instance{
			ID: i.ID, Zone: string(cmp.Or(i.Zone, zone)), Status: instanceStatuses.read(i.Status),
		})
	}
	return &model.LoadBalancer
}

// loadBalancerModel is a load balancer with what it points to, in one piece of
// memory: lists hold thousands of them.
type loadBalancerModel struct {
	lb.LoadBalancer

	options   LoadBalancerOptions
	zones     [1]string
	addresses [2]netip.Addr
	instances [1]lb.Instance
}

func (d dialect) loadBalancerSpec(zone Zone, b *LB, attached []*PrivateNetwork) lb.LoadBalancerSpec {
	o := d.loadBalancerReported(b, attached)
	return loadBalancerSpec(zone, b, &o)
}

func loadBalancerSpec(zone Zone, b *LB, o *LoadBalancerOptions) lb.LoadBalancerSpec {
	return lb.LoadBalancerSpec{
		Name:       b.Name,
		Tags:       sortedSet(b.Tags),
		Plan:       strings.ToLower(b.Type),
		Zone:       string(zone),
		TLSPolicy:  tlsLevels.read(b.SSLCompatibilityLevel),
		Extensions: lb.Extend(o),
	}
}

func (d dialect) loadBalancerReported(b *LB, attached []*PrivateNetwork) LoadBalancerOptions {
	v4, v6 := families(b.IP)
	o := LoadBalancerOptions{Description: b.Description, NoIPv4: !v4, IPv6: v6, PrivateNetworks: attachedNetworks(attached)}
	if !d.atHome(b) {
		o.Project = b.ProjectID
	}
	return o
}

// atHome reports whether b is where the client creates what it is not told a
// place for: in its project, or in the default project, whose UUID is the
// organization's (facts 8).
func (d dialect) atHome(b *LB) bool {
	if d.home == "" {
		return b.ProjectID == b.OrganizationID
	}
	return b.ProjectID == d.home
}

// families tells of which there are addresses, which the API writes as usual: those with
// colons are IPv6.
func families(ips []IP) (v4, v6 bool) {
	for _, ip := range ips {
		colons := strings.Contains(ip.IPAddress, ":")
		v4 = v4 || !colons && ip.IPAddress != ""
		v6 = v6 || colons
	}
	return v4, v6
}

// wireLoadBalancer is a canonical spec in the API's words.
func wireLoadBalancer(spec lb.LoadBalancerSpec, o LoadBalancerOptions) LBUpdate {
	return LBUpdate{
		Name:                  spec.Name,
		Description:           o.Description,
		Tags:                  spec.Tags,
		SSLCompatibilityLevel: tlsLevels.write(spec.TLSPolicy),
	}
}

// newLoadBalancer is the creation of a canonical spec. Addresses are given, or
// chosen by Scaleway, never both (facts 12).
func newLoadBalancer(spec lb.LoadBalancerSpec, o LoadBalancerOptions, addresses []string) LBCreate {
	u := wireLoadBalancer(spec, o)
	create := LBCreate{
		ProjectID:             o.Project,
		Name:                  u.Name,
		Description:           u.Description,
		Tags:                  u.Tags,
		Type:                  spec.Plan,
		SSLCompatibilityLevel: u.SSLCompatibilityLevel,
		IPIDs:                 addresses,
	}
	if len(addresses) == 0 {
		create.AssignFlexibleIP = new(bool)
		*create.AssignFlexibleIP = !o.NoIPv4
		create.AssignFlexibleIPv6 = o.IPv6
	}
	return create
}
