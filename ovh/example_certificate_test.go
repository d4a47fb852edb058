package ovh_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/ovh"
	"github.com/lbkit/lbkit/ovh/ovhtest"
)

// A free certificate is ordered by a task. The names must point to the load balancer
// by then, which answers the challenge on port 80 by itself.
func ExampleCertificateService_OrderFree() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()

	task, err := client.Certificates.OrderFree(ctx, service, []string{"example.com", "www.example.com"})
	check(err)
	fmt.Println(task.Action, task.Status)
	api.Advance(time.Minute)
	task, err = client.Tasks.Get(ctx, service, task.ID)
	check(err)
	fmt.Println(task.Action, task.Status)
	for certificate, err := range client.Certificates.List(ctx, service, ovh.CertificateListOptions{}) {
		check(err)
		fmt.Println(certificate.Type, certificate.SAN)
	}
	// Output:
	// orderFreeCertificate todo
	// orderFreeCertificate done
	// built [example.com www.example.com]
}

// Certificates that OVH ordered are built; built_not_routed is one whose name points
// to the load balancer no more, so that it cannot be renewed; custom is one that was
// uploaded.
func ExampleCertificateService_List_byType() {
	api := startAPI("gra")
	defer api.Close()
	client, service, ctx := api.client, api.service, context.Background()
	for _, name := range []string{"example.com", "moved.example.com"} {
		_, err := client.Certificates.OrderFree(ctx, service, []string{name})
		check(err)
		api.Advance(time.Minute)
	}
	ids, err := client.Certificates.ListIDs(ctx, service, ovh.CertificateListOptions{})
	check(err)
	api.SetCertificateType(service, ids[1], string(ovh.CertificateBuiltNotRouted)) // its name has moved away
	chain, key := selfSigned("shop.example.com")
	_, err = client.Certificates.Create(ctx, service, ovh.CertificateCreate{Certificate: chain, Key: key})
	check(err)

	for _, kind := range []ovh.CertificateType{ovh.CertificateBuilt, ovh.CertificateBuiltNotRouted, ovh.CertificateCustom} {
		for certificate, err := range client.Certificates.List(ctx, service, ovh.CertificateListOptions{Type: kind}) {
			check(err)
			fmt.Printf("%s: %s\n", kind, certificate.SAN)
		}
	}
	// Output:
	// built: [example.com]
	// built_not_routed: [moved.example.com]
	// custom: [shop.example.com]
}

// WaitCertificate ends with the certificate itself, and with an error that says why
// where the order fails.
func ExampleNewProvider_freeCertificate() {
	server := ovhtest.NewServer(ovhtest.WithSpeed(1000))
	defer server.Close()
	client, err := server.Client()
	check(err)
	ctx, provider, id := context.Background(), ovh.NewProvider(client), ovh.FormatLoadBalancerID(server.AddService("gra"))

	ordered, err := provider.Certificates().Create(ctx, id, lb.CertificateSpec{Domains: []string{"example.com"}})
	check(err)
	certificate, err := lb.WaitCertificate(ctx, provider, ordered.ID, lb.WithPoll(time.Millisecond, time.Millisecond))
	check(err)
	fmt.Println(certificate.Source, certificate.Provisioning, certificate.CommonName)
	// Output: managed ready example.com
}

// selfSigned is a certificate for a name and its key, both in PEM.
func selfSigned(name string) (chain string, key lb.Secret) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	check(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	check(err)
	encode := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	return encode("CERTIFICATE", der), lb.NewSecret(encode("PRIVATE KEY", keyDER))
}
