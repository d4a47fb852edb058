package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
	"github.com/lbkit/lbkit/scaleway"
	"github.com/lbkit/lbkit/scaleway/scalewaytest"
)

// canaries are secrets that no output may hold. Each is unlike anything else.
var canaries = struct{ appSecret, consumerKey, clientSecret, accessToken, scalewayKey, privateKey, termination string }{
	appSecret:    "canaryAppSecret0123456789abcdefg",
	consumerKey:  "canaryConsumerKey0123456789abcde",
	clientSecret: "canaryClientSecret0123456789abcd",
	accessToken:  "canaryAccessToken0123456789abcde",
	scalewayKey:  "ca9a41e5-0000-4000-8000-5ec2e7000001",
	privateKey:   "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5UHJpdmF0ZUtleQ==\n-----END PRIVATE KEY-----\n",
	termination:  "canaryTerminationToken",
}

// marks are what to look for: of the private key, its body.
func marks() []string {
	return []string{
		canaries.appSecret, canaries.consumerKey, canaries.clientSecret, canaries.accessToken, canaries.scalewayKey,
		"Y2FuYXJ5UHJpdmF0ZUtleQ", canaries.termination, "canary",
	}
}

// transcript is everything that the SDK says: to the log at its lowest level, to
// the observer, in errors, and of itself when it is printed.
type transcript struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *transcript) logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(s, &slog.HandlerOptions{Level: slog.Level(-100), AddSource: true}))
}

func (s *transcript) observe(_ context.Context, e lb.CallEvent) { s.show(e); s.show(e.Err) }

// show prints v in every way that there is.
func (s *transcript) show(v any) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%s", "%x", "%d"} {
		_, _ = fmt.Fprintf(s, verb+"\n", v)
	}
	if text, err := json.Marshal(v); err == nil {
		_, _ = s.Write(text)
	}
	s.logger().Error("shown", "value", v)
	var e *lb.Error
	if err, ok := v.(error); ok && errors.As(err, &e) {
		_, _ = fmt.Fprintf(s, "%+v %#v %+v %#v\n", *e, *e, e.Err, e.Err)
	}
}

func (s *transcript) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.buf.String()
	for _, mark := range marks() {
		if i := strings.Index(text, mark); i >= 0 {
			t.Errorf("%q shows: …%s…", mark, text[max(0, i-200):min(len(text), i+200)])
		}
		if encoded := fmt.Sprintf("%x", mark); strings.Contains(text, encoded) {
			t.Errorf("%q shows in hex", mark)
		}
	}
	if !strings.Contains(text, `"msg":"api call"`) {
		t.Error("the log is empty: nothing was looked at")
	}
}

// mishaps makes every third request go wrong, in turn, in each way.
func mishaps(f *lbtest.Faults) {
	for i, fault := range []func(*lbtest.Rule){
		func(*lbtest.Rule) {},
		func(r *lbtest.Rule) { r.Status(400, `{"message":"bad","type":"invalid_arguments"}`) },
		func(*lbtest.Rule) {},
		func(r *lbtest.Rule) { r.Status(500, "<html>") },
		func(r *lbtest.Rule) { r.DropAfterSend() },
		func(*lbtest.Rule) {},
		func(r *lbtest.Rule) {
			r.Status(403, `{"errorCode":"INVALID_CREDENTIAL","message":"This credential is not valid"}`)
		},
		func(r *lbtest.Rule) { r.Status(302, "") },
		func(r *lbtest.Rule) { r.DropBeforeSend() },
		func(r *lbtest.Rule) { r.Truncate(1) },
		func(r *lbtest.Rule) { // an answer that cannot be read, with secrets in it
			r.Replace(200, `{"consumerKey":"`+canaries.consumerKey+`","serviceName":1,"id":"`+canaries.accessToken+`","name":[]} `+canaries.termination)
		},
		func(r *lbtest.Rule) { r.Status(401, `{"message":"You must login first"}`) },
	} {
		fault(f.On(nil).Skip(i % 2).Times(4))
	}
}

// TestCanariesOVH: no credential, key or token of OVH shows anywhere.
func TestCanariesOVH(t *testing.T) {
	t.Parallel()
	server := ovhtest.NewServer(
		ovhtest.WithCredentials(ovhtest.Credentials{ApplicationKey: "app", ApplicationSecret: canaries.appSecret, ConsumerKey: canaries.consumerKey}),
		ovhtest.WithAccessToken(canaries.accessToken),
	)
	t.Cleanup(server.Close)
	service := server.AddService("gra")
	tokens := &lbtest.Faults{}
	tokens.On(func(r *http.Request) bool { return r.URL.Path == "/token" }).Status(200, `{"access_token":"`+canaries.accessToken+`","token_type":"Bearer","expires_in":3600}`)
	tokens.Base = server.Faults()
	secret, consumer := lb.NewSecret(canaries.appSecret), lb.NewSecret(canaries.consumerKey)
	for name, credentials := range map[string]ovh.Credentials{
		"application key": ovh.ApplicationKey("app", secret, consumer),
		"oauth2":          ovh.OAuth2("client", lb.NewSecret(canaries.clientSecret)),
		"access token":    ovh.AccessToken(func(context.Context) (lb.Secret, error) { return lb.NewSecret(canaries.accessToken), nil }),
		"wrong secret":    ovh.ApplicationKey("app", lb.NewSecret(canaries.clientSecret), consumer),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said transcript
			said.show(credentials)
			client, err := ovh.NewClient(ovh.Endpoint(server.URL+"/v1"), credentials,
				ovh.WithHTTPClient(&http.Client{Transport: tokens}), ovh.WithTokenURL(server.URL+"/token"), ovh.WithRetry(quick),
				ovh.WithAttemptTimeout(time.Minute), ovh.WithLogger(said.logger()), ovh.WithObserver(said.observe))
			if err != nil {
				t.Fatal(err)
			}
			said.show(client)
			said.show(struct{ client any }{client})
			p := ovh.NewProvider(client)
			said.show(p)
			mishaps(server.Faults())
			for range 12 {
				_, err := client.LoadBalancers.Get(t.Context(), service)
				said.show(err)
				certificate := ovh.CertificateCreate{Certificate: "x", Key: lb.NewSecret(canaries.privateKey)}
				said.show(certificate)
				_, err = client.Certificates.Create(t.Context(), service, certificate)
				said.show(err)
				confirmation := ovh.Confirmation{Token: lb.NewSecret(canaries.termination)}
				said.show(confirmation)
				_, err = client.LoadBalancers.ConfirmTermination(t.Context(), service, confirmation)
				said.show(err)
				spec := lb.CertificateSpec{PEM: canaries.privateKey, Key: lb.NewSecret(canaries.privateKey)}
				_, err = p.Certificates().Create(t.Context(), lb.LoadBalancerID(service), spec)
				said.show(err)
			}
			said.check(t)
		})
	}
}

// TestCanariesScaleway: no credential or key of Scaleway shows anywhere.
func TestCanariesScaleway(t *testing.T) {
	t.Parallel()
	server := scalewaytest.NewServer(scalewaytest.WithSpeed(1e6))
	t.Cleanup(server.Close)
	for name, key := range map[string]lb.Secret{"right": server.SecretKey(), "wrong": lb.NewSecret(canaries.scalewayKey)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var said transcript
			client, err := scaleway.NewClient(key, scaleway.WithBaseURL(server.URL), scaleway.WithHTTPClient(server.HTTPClient()), scaleway.WithProject(server.ProjectID()),
				scaleway.WithRetry(quick), scaleway.WithLogger(said.logger()), scaleway.WithObserver(said.observe))
			if err != nil {
				t.Fatal(err)
			}
			said.show(client)
			said.show(struct{ client any }{client})
			said.show(client.Zone(zone))
			p, err := scaleway.NewProvider(client, []scaleway.Zone{zone})
			if err != nil {
				t.Fatal(err)
			}
			said.show(p)
			mishaps(server.Faults())
			for range 12 {
				balancer, err := client.Zone(zone).LBs.Create(t.Context(), scaleway.LBCreate{Name: "x"})
				said.show(err)
				if balancer == nil {
					balancer = &scaleway.LB{ID: "11111111-1111-4111-8111-111111111111"}
				}
				create := scaleway.CertificateCreate{Name: "x", Custom: &scaleway.CustomCertificate{CertificateChain: lb.NewSecret(canaries.privateKey)}}
				said.show(create)
				_, err = client.Zone(zone).Certificates.Create(t.Context(), balancer.ID, create)
				said.show(err)
				spec := lb.CertificateSpec{Name: "x", PEM: canaries.privateKey, Key: lb.NewSecret(canaries.privateKey)}
				_, err = p.Certificates().Create(t.Context(), scaleway.FormatLoadBalancerID(zone, balancer.ID), spec)
				said.show(err)
			}
			said.check(t)
			if text := said.buf.String(); strings.Contains(text, server.SecretKey().Reveal()) {
				t.Error("the secret key shows")
			}
		})
	}
}

// TestEchoesStaySecret: an answer that repeats the request, as some proxies' do,
// does not carry its credentials into errors, whichever they are.
func TestEchoesStaySecret(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"<pre>%s</pre>", `{"message":"%s","type":"x","class":"x"}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/auth/time"):
				_, _ = fmt.Fprint(w, time.Now().Unix())
				return
			case strings.HasSuffix(r.URL.Path, "/token"):
				w.Header().Set("Content-Type", "application/json")
				_, _ = fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer"}`, someKey)
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, form, fmt.Sprint(r.Header)) //nolint:gosec // G705: a server that echoes is the point
		}))
		t.Cleanup(server.Close)
		for name, client := range clientsOf(t, server.URL, server.Client()) {
			err := client.Do(t.Context(), http.MethodGet, "/x", nil, nil)
			var said transcript
			said.show(err)
			if text := said.buf.String(); err == nil || strings.Contains(text, someKey) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

// TestBadCredentialsStaySecret: what is wrong with a credential is said without
// saying the credential.
func TestBadCredentialsStaySecret(t *testing.T) {
	t.Parallel()
	bad := func(s string) lb.Secret { return lb.NewSecret(s + "\n") }
	var said transcript
	said.logger().Info("api call")
	for _, credentials := range []ovh.Credentials{
		ovh.ApplicationKey("app", bad(canaries.appSecret), lb.NewSecret(canaries.consumerKey)),
		ovh.ApplicationKey("app", lb.NewSecret(canaries.appSecret), bad(canaries.consumerKey)),
		ovh.ApplicationKey("", lb.NewSecret(canaries.appSecret), lb.NewSecret(canaries.consumerKey)),
		ovh.OAuth2("id", bad(canaries.clientSecret)),
		ovh.OAuth2("", lb.NewSecret(canaries.clientSecret)),
		ovh.AccessToken(nil),
	} {
		_, err := ovh.NewClient(ovh.EU, credentials)
		if !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%v: %v", credentials, err)
		}
		said.show(err)
	}
	for _, key := range []lb.Secret{{}, bad(canaries.scalewayKey), lb.NewSecret("canary"), lb.NewSecret(" " + canaries.scalewayKey)} {
		_, err := scaleway.NewClient(key)
		if !errors.Is(err, lb.ErrInvalid) {
			t.Errorf("%v", err)
		}
		said.show(err)
	}
	said.check(t)
}
