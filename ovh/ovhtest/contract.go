package ovhtest

import (
	"cmp"
	"slices"
	"time"
)

// contract is what a service is paid by.
type contract struct {
	created  time.Time
	expires  time.Time
	renew    renewal
	contacts contacts
	asked    []contacts // changes of contacts that wait to be accepted, oldest first
	token    string     // of a termination that waits to be confirmed
}

// renewal is service.RenewType.
type renewal struct {
	Automatic          bool   `json:"automatic"`
	DeleteAtExpiration bool   `json:"deleteAtExpiration"`
	Forced             bool   `json:"forced"`
	ManualPayment      *bool  `json:"manualPayment,omitzero"`
	Period             *int64 `json:"period,omitzero"` // months
}

// contacts are accounts. An empty one in a change stays as it is.
type contacts struct {
	Admin   string `json:"contactAdmin"`
	Billing string `json:"contactBilling"`
	Tech    string `json:"contactTech"`
}

const account = "ov1234-ovh"

// renewPeriods are the months for which a service can be paid at once.
var renewPeriods = []int64{1, 3, 6, 12}

func (r *router) addContract(service string) {
	r.add("GET", service+"/serviceInfos", func(c *call) (any, error) { return c.svc.infos(), nil })
	r.add("PUT", service+"/serviceInfos", updateInfos)
	r.add("POST", service+"/changeContact", changeContact)
	r.add("POST", service+"/terminate", terminate)
	r.add("POST", service+"/confirmTermination", confirmTermination)
}

// engage begins a service's contract, which renews itself every month.
func (s *Server) engage(svc *service) {
	svc.contract = contract{created: s.clock.Now(), renew: renewal{Automatic: true}, contacts: contacts{account, account, account}}
	svc.contract.expires = svc.contract.created
	s.prolong(svc)
}

// prolong moves the contract's end on by a period and decides there what comes
// next: zones that are given up go, and so does a service that is not renewed.
func (s *Server) prolong(svc *service) {
	k := &svc.contract
	k.expires = k.expires.AddDate(0, int(*orDefault(k.renew.Period, renewPeriods[0])), 0)
	s.clock.Schedule(k.expires.Sub(s.clock.Now()), func() {
		svc.releaseZones()
		if k.renew.DeleteAtExpiration || !k.renew.Automatic {
			svc.expired = true
		}
		if !svc.expired {
			s.prolong(svc)
		}
	})
}

// infosView is services.Service.
type infosView struct {
	CanDeleteAtExpiration bool      `json:"canDeleteAtExpiration"`
	ContactAdmin          string    `json:"contactAdmin"`
	ContactBilling        string    `json:"contactBilling"`
	ContactTech           string    `json:"contactTech"`
	Creation              dateOnly  `json:"creation"`
	Domain                string    `json:"domain"`
	EngagedUpTo           *dateOnly `json:"engagedUpTo"`
	Expiration            dateOnly  `json:"expiration"`
	PossibleRenewPeriod   []int64   `json:"possibleRenewPeriod"`
	Renew                 renewal   `json:"renew"`
	RenewalType           string    `json:"renewalType"`
	ServiceID             int64     `json:"serviceId"`
	Status                string    `json:"status"`
}

func (svc *service) infos() infosView {
	k := svc.contract
	return infosView{
		CanDeleteAtExpiration: true, ContactAdmin: k.contacts.Admin, ContactBilling: k.contacts.Billing, ContactTech: k.contacts.Tech,
		Creation: dateOnly(k.created), Domain: svc.name, Expiration: dateOnly(k.expires), PossibleRenewPeriod: renewPeriods, Renew: k.renew,
		RenewalType: "automaticV2016", ServiceID: int64(7_000_000 + svc.number), Status: "ok",
	}
}

// updateInfos sets how the service is renewed; null is the default.
func updateInfos(c *call) (any, error) {
	if err := c.checkRepeated(c.svc.infos()); err != nil {
		return nil, err
	}
	written := struct {
		Renew *renewal `json:"renew"`
	}{&c.svc.contract.renew}
	merge(&written, c.body)
	next := *orDefault(written.Renew, renewal{Automatic: true})
	if next.Period != nil && !slices.Contains(renewPeriods, *next.Period) {
		return nil, invalid("renew.period", "not one of possibleRenewPeriod")
	}
	c.svc.contract.renew = next
	return nil, nil
}

// changeContact makes one task for each contact that is to change. The accounts
// accept by mail, which [Server.AcceptContacts] stands for.
func changeContact(c *call) (any, error) {
	var asked contacts
	merge(&asked, c.body)
	c.svc.contract.asked = append(c.svc.contract.asked, asked)
	tasks := []int64{}
	for range c.body {
		tasks = append(tasks, c.count("contact change"))
	}
	return tasks, nil
}

// AcceptContacts carries out the changes of a service's contacts that were asked
// for: serviceInfos shows them.
func (s *Server) AcceptContacts(serviceName string) {
	defer s.settled().mu.Unlock()
	k := &s.mustService(serviceName).contract
	for _, asked := range k.asked {
		k.contacts.Admin = cmp.Or(asked.Admin, k.contacts.Admin)
		k.contacts.Billing = cmp.Or(asked.Billing, k.contacts.Billing)
		k.contacts.Tech = cmp.Or(asked.Tech, k.contacts.Tech)
	}
	k.asked = nil
}

// TerminationToken is what the mail says that a call of terminate sends: the last
// one, empty where there was none or it has been used.
func (s *Server) TerminationToken(serviceName string) string {
	defer s.settled().mu.Unlock()
	return s.mustService(serviceName).contract.token
}

func terminate(c *call) (any, error) {
	c.svc.contract.token = madeUp("termination %d", c.count("termination"))
	return "A mail with a token has been sent", nil
}

// confirmTermination ends the service, as the mail's token proves that the owner
// wants (facts 6.12).
func confirmTermination(c *call) (any, error) {
	var confirmed struct {
		Token      string  `json:"token"`
		Reason     *string `json:"reason"`
		FutureUse  *string `json:"futureUse"`
		Commentary *string `json:"commentary"`
	}
	merge(&confirmed, c.body)
	k := &c.svc.contract
	if k.token == "" || confirmed.Token != k.token {
		return nil, invalid("token", "not the one that was sent")
	}
	k.token = ""
	k.renew.DeleteAtExpiration = true
	if c.assume.Termination == TerminationAtOnce {
		c.svc.expired = true
	}
	return "The service will be terminated", nil
}
