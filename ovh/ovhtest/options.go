package ovhtest

// Option sets up a [Server].
type Option func(*options)

type options struct {
	manual      bool
	speed       float64
	pipe        bool
	plainLists  bool
	staleCache  bool
	credentials Credentials
	rules       []AccessRule
	accessToken string
	assume      Assumptions
}

// WithManualClock stops the server's clock: only [Server.Advance] moves it.
func WithManualClock() Option { return func(o *options) { o.manual = true } }

// WithSpeed lets the server's clock run factor times as fast as the wall clock.
// A client that measured the difference once and never again signs late after
// 180 s of the server's time.
func WithSpeed(factor float64) Option { return func(o *options) { o.speed = factor } }

// WithPipe serves over connections in memory instead of a port, for tests in a
// testing/synctest bubble. Only [Server.HTTPClient] and [Server.Client] reach
// such a server.
func WithPipe() Option { return func(o *options) { o.pipe = true } }

// WithCredentials sets the application key, its secret and the consumer key
// that the server accepts.
func WithCredentials(c Credentials) Option { return func(o *options) { o.credentials = c } }

// WithAccessRules limits the consumer key to the calls that a rule allows. By
// default every call is.
func WithAccessRules(rules ...AccessRule) Option { return func(o *options) { o.rules = rules } }

// WithAccessToken sets the bearer token that the server accepts beside signed
// requests. It does not expire.
func WithAccessToken(token string) Option { return func(o *options) { o.accessToken = token } }

// WithoutExpansion makes every list answer plain IDs, whatever pagination
// headers ask for, as the US platform is said to (facts 4.2).
func WithoutExpansion() Option { return func(o *options) { o.plainLists = true } }

// WithStaleCache makes expanded lists answer what they answered up to five
// minutes before, unless the request says Pragma: no-cache (facts 4.2).
func WithStaleCache() Option { return func(o *options) { o.staleCache = true } }

// WithAssumptions changes answers that nobody has recorded.
func WithAssumptions(change func(*Assumptions)) Option {
	return func(o *options) { change(&o.assume) }
}
