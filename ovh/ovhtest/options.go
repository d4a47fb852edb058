package ovhtest

import "time"

// Option sets up a [Server].
type Option func(*options)

type options struct {
	manual      bool
	speed       float64
	pipe        bool
	noExpansion bool
	noPlain     bool
	noBatch     bool
	staleCache  bool
	credentials Credentials
	rules       []AccessRule
	accessToken string
	oauth2      OAuth2Client
	denied      []string
	limit       rateLimit
	assume      Assumptions
}

// WithManualClock stops the server's clock: only [Server.Advance] moves it.
func WithManualClock() Option { return func(o *options) { o.manual = true } }

// WithSpeed lets the server's clock run factor times as fast as the wall clock.
// What it allows a signed timestamp to be off grows with it, so that a client that
// reads the clock once and then counts wall seconds goes on for 180 of them. It
// panics where factor is not positive.
func WithSpeed(factor float64) Option {
	if factor <= 0 {
		panic("ovhtest: speed must be positive")
	}
	return func(o *options) { o.speed = factor }
}

// WithPipe serves over connections in memory instead of a port, for tests in a
// testing/synctest bubble. Only [Server.HTTPClient] and [Server.Client] reach
// such a server.
func WithPipe() Option { return func(o *options) { o.pipe = true } }

// WithCredentials sets the application key, its secret and the consumer key
// that the server accepts.
func WithCredentials(c Credentials) Option { return func(o *options) { o.credentials = c } }

// WithAccessRules limits the consumer key to the calls that a rule allows, none
// where there is no rule. By default every call is.
func WithAccessRules(rules ...AccessRule) Option {
	return func(o *options) { o.rules = append([]AccessRule{}, rules...) } // none are none, not nil
}

// WithAccessToken sets the bearer token that the server accepts beside signed
// requests. It does not expire.
func WithAccessToken(token string) Option { return func(o *options) { o.accessToken = token } }

// WithOAuth2Client sets the client credentials for which [Server.TokenURL]
// gives tokens.
func WithOAuth2Client(client OAuth2Client) Option { return func(o *options) { o.oauth2 = client } }

// WithDeniedActions makes the account's policies deny actions: an operation that
// needs one is refused with 403 and the actions in its details. A * at the end of
// an action stands for any rest: "loadbalancer:apiovh:ssl/*".
func WithDeniedActions(actions ...string) Option {
	return func(o *options) { o.denied = append(o.denied, actions...) }
}

// WithRateLimit refuses what a consumer key or a token asks for beyond so many
// requests in each span of the server's time, with 429. Every request counts but
// those that need no credentials and those that are themselves refused so.
func WithRateLimit(requests int, span time.Duration) Option {
	return func(o *options) { o.limit = rateLimit{requests: requests, span: span} }
}

// WithoutExpansion makes every list answer plain IDs, whatever pagination
// headers ask for, as the US platform is said to (facts 4.2). What a server
// grants later, [Server.GrantExpansion] and [Server.RefuseExpansion] decide.
func WithoutExpansion() Option { return func(o *options) { o.noExpansion = true } }

// WithoutPlainLists makes a list that can be expanded answer whole objects where
// none were asked for, all of them at once and without pagination headers.
// Beside [WithoutExpansion] it means nothing.
func WithoutPlainLists() Option { return func(o *options) { o.noPlain = true } }

// WithoutBatch makes X-Ovh-Batch mean nothing: joined IDs are looked up as one
// (facts 4.3).
func WithoutBatch() Option { return func(o *options) { o.noBatch = true } }

// WithStaleCache makes expanded lists answer what they answered up to five
// minutes before, unless the request says Pragma: no-cache (facts 4.2).
func WithStaleCache() Option { return func(o *options) { o.staleCache = true } }

// WithAssumptions changes answers that nobody has recorded.
func WithAssumptions(change func(*Assumptions)) Option {
	return func(o *options) { change(&o.assume) }
}
