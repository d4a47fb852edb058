package lbtest

import "github.com/lbkit/lbkit/lb"

func checkLeaves() []leaf {
	at := func(x *example) *lb.HealthCheck {
		if x.Backend.HealthCheck == nil {
			x.Backend.HealthCheck = &lb.HealthCheck{Type: lb.CheckTCP}
		}
		return x.Backend.HealthCheck
	}
	request := func(x *example) *lb.HTTPCheck {
		if at(x).HTTP == nil {
			at(x).HTTP = &lb.HTTPCheck{}
		}
		return at(x).HTTP
	}
	expect := func(x *example) *lb.Expect {
		if at(x).Expect == nil {
			at(x).Expect = &lb.Expect{}
		}
		return at(x).Expect
	}
	return []leaf{
		rowOf("backend.healthCheck", func(x *example) **lb.HealthCheck { return &x.Backend.HealthCheck }, checkValues).with(webBackend).and(exemptions),
		row("backend.healthCheck.type", func(x *example) *lb.CheckType { return &at(x).Type },
			lb.CheckTCP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckMySQL, lb.CheckPgSQL, lb.CheckRedis, lb.CheckLDAP, lb.CheckSMTP, lb.CheckOCO).
			with(checked(lb.CheckTCP)).and(partsOfType),
		row("backend.healthCheck.port", func(x *example) *uint16 { return &at(x).Port }, 9000, 9001).with(checked(lb.CheckTCP)),
		row("backend.healthCheck.interval", func(x *example) *lb.Duration { return &at(x).Interval }, seconds(45), seconds(60)).with(checked(lb.CheckTCP)),
		row("backend.healthCheck.timeout", func(x *example) *lb.Duration { return &at(x).Timeout }, seconds(2), seconds(4)).with(checked(lb.CheckTCP)),
		row("backend.healthCheck.unhealthyThreshold", func(x *example) *int { return &at(x).UnhealthyThreshold }, 2, 4).with(checked(lb.CheckTCP)),
		row("backend.healthCheck.user", func(x *example) *string { return &at(x).User }, "probe", "monitor").with(checked(lb.CheckMySQL)),
		row("backend.healthCheck.http", func(x *example) **lb.HTTPCheck { return &at(x).HTTP },
			&lb.HTTPCheck{Method: "GET", Path: "/health"}, &lb.HTTPCheck{Method: "GET", Path: "/", Host: "a.example"},
			&lb.HTTPCheck{Path: "/ok"}, &lb.HTTPCheck{Path: "/fine"}).with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.http.method", func(x *example) *string { return &request(x).Method },
			"HEAD", "GET", "OPTIONS", "POST", "PUT", "PATCH").with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.http.host", func(x *example) *string { return &request(x).Host }, "a.example", "b.example").with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.http.path", func(x *example) *string { return &request(x).Path }, "/health", "/ok?deep=1").with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.http.status", func(x *example) *[]int { return &request(x).Status }, []int{200}, []int{204}).with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.http.sni", func(x *example) *string { return &request(x).SNI }, "a.example", "b.example").with(asking(lb.CheckHTTPS)),
		row("backend.healthCheck.expect", func(x *example) **lb.Expect { return &at(x).Expect },
			&lb.Expect{Contains: "ok"}, &lb.Expect{Regex: "^o+k"}).with(asking(lb.CheckHTTP)),
		row("backend.healthCheck.expect.contains", func(x *example) *string { return &expect(x).Contains }, "ok", "fine").
			with(asking(lb.CheckHTTP)).and(somethingExpected),
		row("backend.healthCheck.expect.regex", func(x *example) *string { return &expect(x).Regex }, "^o+k", "fine$").
			with(asking(lb.CheckHTTP)).and(somethingExpected),
		row("backend.healthCheck.expect.negate", func(x *example) *bool { return &expect(x).Negate }, true).
			with(expecting).and(somethingExpected),
		extensionRow("backend.healthCheck.extensions", func(x *example) *lb.Extensions { return &at(x).Extensions }).with(checked(lb.CheckTCP)),
	}
}

// checked is an HTTP backend with a plain check of a type, or of another one where the
// provider lacks it.
func checked(t lb.CheckType) func(profile, *example) {
	return func(p profile, x *example) {
		webBackend(p, x)
		wanted := t
		if !p.takes("backend.healthCheck.type", t) {
			wanted = p.plainCheck().Type
		}
		if x.Backend.HealthCheck == nil {
			x.Backend.HealthCheck = &lb.HealthCheck{}
		}
		x.Backend.HealthCheck.Type = wanted
		partsOfType(p, x)
	}
}

// asking is a check by a request, without a word on what the answer must be: by another
// one where the provider lacks the type.
func asking(t lb.CheckType) func(profile, *example) {
	return func(p profile, x *example) {
		wanted := t
		if !p.takes("backend.healthCheck.type", t) {
			wanted = lb.CheckHTTP
		}
		checked(wanted)(p, x)
		check := x.Backend.HealthCheck
		check.Extensions = lb.Extensions{}
		if check.HTTP != nil {
			check.HTTP.Status = nil
		}
		check.Expect = nil
	}
}

// expecting is a check that looks for a text, where the provider can.
func expecting(p profile, x *example) {
	asking(lb.CheckHTTP)(p, x)
	if p.Has("backend.healthCheck.expect.contains") {
		x.Backend.HealthCheck.Expect = &lb.Expect{Contains: "ok"}
	}
}

// partsOfType gives a check what its type needs, and takes away what it does not have.
func partsOfType(p profile, x *example) {
	check := x.Backend.HealthCheck
	check.User, check.Expect, check.Extensions = "", nil, lb.Extensions{}
	if check.Type != lb.CheckHTTP && check.Type != lb.CheckHTTPS {
		check.HTTP = nil
	}
	if check.HTTP != nil && check.Type == lb.CheckHTTP {
		check.HTTP.SNI = ""
	}
	if check.Type == lb.CheckOCO {
		check.Port = 0 // it has one of its own
	}
	if database := check.Type == lb.CheckMySQL || check.Type == lb.CheckPgSQL; database && p.Has("backend.healthCheck.user") {
		check.User = "health"
	}
}

// somethingExpected leaves no Expect that expects nothing.
func somethingExpected(_ profile, x *example) {
	if expect := x.Backend.HealthCheck.Expect; expect != nil && *expect == (lb.Expect{}) {
		x.Backend.HealthCheck.Expect = nil
	}
}

func checkValues(p profile) []*lb.HealthCheck {
	least := p.leastCheck()
	if least == nil {
		least = p.plainCheck()
	}
	other := lb.Clone(lb.BackendSpec{HealthCheck: least}).HealthCheck
	other.Interval = seconds(60)
	return []*lb.HealthCheck{least, other}
}

// leastCheck is nil, or where the provider checks always a plain check.
func (p profile) leastCheck() *lb.HealthCheck {
	if p.Has("backend.healthCheck") && !p.Has("backend.healthCheck.unset") {
		return p.plainCheck()
	}
	return nil
}

// plainCheck is a check by TCP, or of the first type that the provider has.
func (p profile) plainCheck() *lb.HealthCheck {
	types := allowed(p, "backend.healthCheck.type",
		lb.CheckTCP, lb.CheckHTTP, lb.CheckHTTPS, lb.CheckMySQL, lb.CheckPgSQL, lb.CheckRedis, lb.CheckLDAP, lb.CheckSMTP, lb.CheckOCO)
	return &lb.HealthCheck{Type: append(types, lb.CheckTCP)[0]}
}

// exemptions: no server is exempt from a check, by an extension, where there is none.
func exemptions(_ profile, x *example) {
	if x.Backend.HealthCheck != nil {
		return
	}
	for i := range x.Servers {
		x.Servers[i].Extensions = lb.Extensions{}
	}
}
