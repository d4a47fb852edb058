package scalewaytest

// subscriber is told of what happens to the load balancers that it is attached
// to.
type subscriber struct {
	id, zone string
	owner
	subscriberSettings
}

// subscriberSettings hold one of the two configs; the other is absent from
// answers (facts 8).
type subscriberSettings struct {
	Name    string         `json:"name"`
	Email   *emailConfig   `json:"email_config,omitempty"`
	Webhook *webhookConfig `json:"webhook_config,omitempty"`
}

type emailConfig struct {
	Email string `json:"email"`
}

type webhookConfig struct {
	URI string `json:"uri"`
}

type subscriberView struct {
	ID string `json:"id"`
	subscriberSettings
}

func (u *subscriber) view() subscriberView { return subscriberView{u.id, u.subscriberSettings} }

func (u *subscriberSettings) check() error {
	var p problems
	if u.Name == "" {
		p.add("name", "constraint", "must not be empty")
	}
	switch {
	case u.Email == nil && u.Webhook == nil:
		p.add("email_config", "required", "needs email_config or webhook_config")
	case u.Email != nil && u.Email.Email == "":
		p.add("email_config.email", "required", "required")
	case u.Webhook != nil && u.Webhook.URI == "":
		p.add("webhook_config.uri", "required", "required")
	}
	return p.err()
}

// subscriberWord stands in the 404 of a subscriber, which nobody has recorded.
const subscriberWord = "subscriber"

func (s *Server) findSubscriber(c *call) (*subscriber, error) {
	return find(&s.subscribers, c, "subscriber_id", subscriberWord)
}

type listSubscribersView struct {
	Subscribers []subscriberView `json:"subscribers"`
	Total       int              `json:"total_count"`
}

func (s *Server) listSubscribers(c *call) (answer, error) {
	all := s.subscribers.where(func(u *subscriber) bool { return u.zone == c.zone && owned(c.query, u.owner) })
	all = named(s, c, all, func(u *subscriber) string { return u.Name })
	shown, err := page(s, c, all)
	if err != nil {
		return nil, err
	}
	return encode(listSubscribersView{Subscribers: views(shown, (*subscriber).view), Total: len(all)})
}

func (s *Server) getSubscriber(c *call) (answer, error) {
	u, err := s.findSubscriber(c)
	if err != nil {
		return nil, err
	}
	return encode(u.view())
}

func (s *Server) createSubscriber(c *call) (answer, error) {
	var body struct {
		subscriberSettings
		OrganizationID *string `json:"organization_id"`
		ProjectID      *string `json:"project_id"`
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	who, err := s.ownerOf(body.ProjectID, body.OrganizationID)
	if err != nil {
		return nil, err
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	if err := s.overQuota("subscribers", len(s.subscribers.all), 1); err != nil {
		return nil, err
	}
	u := &subscriber{id: newUUID(), zone: c.zone, owner: who, subscriberSettings: body.subscriberSettings}
	s.subscribers.put(u.zone, u.id, u)
	return encode(u.view())
}

// updateSubscriber may change the kind: the config that is sent replaces the
// other (facts 8).
func (s *Server) updateSubscriber(c *call) (answer, error) {
	u, err := s.findSubscriber(c)
	if err != nil {
		return nil, err
	}
	var body subscriberSettings
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if s.options.keepOmitted && body.Email == nil && body.Webhook == nil {
		body.Email, body.Webhook = u.Email, u.Webhook
	}
	if err := body.check(); err != nil {
		return nil, err
	}
	u.subscriberSettings = body
	return encode(u.view())
}

func (s *Server) deleteSubscriber(c *call) (answer, error) {
	u, err := s.findSubscriber(c)
	if err != nil {
		return nil, err
	}
	for _, l := range s.lbs.all {
		if l.subscriber == u {
			l.subscriber = nil
		}
	}
	s.subscribers.remove(u.zone, u.id)
	return nil, nil
}

func (s *Server) subscribe(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	var body struct {
		SubscriberID string `json:"subscriber_id"`
	}
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	u, ok := s.subscribers.get(c.zone, body.SubscriberID)
	if !ok {
		return nil, dangling("subscriber_id", body.SubscriberID)
	}
	l.subscriber = u
	return encode(s.viewLB(l, withInstances))
}

func (s *Server) unsubscribe(c *call) (answer, error) {
	l, err := s.writableLB(c)
	if err != nil {
		return nil, err
	}
	l.subscriber = nil
	return encode(s.viewLB(l, withInstances))
}
