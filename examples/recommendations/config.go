// What is the stage's container given? The environment contract of docs/concepts/architecture.md, read once.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

type config struct {
	stage       string
	clientID    string
	brokers     []string
	security    []kgo.Opt
	group       string
	consume     []string
	emit        string
	keyByOrder  bool
	deadLetters string
	concurrency int
	metricsPort int
}

// Every wrong variable in one error, a line each.
func readConfig(env func(string) string) (config, error) {
	var problems []error
	wrong := func(name, found, allowed string) {
		problems = append(problems, fmt.Errorf("%s: found %q; allowed: %s", name, found, allowed))
	}
	text := func(name string) string {
		if env(name) == "" {
			wrong(name, "", "a text")
		}
		return env(name)
	}
	number := func(name, fallback string, least, most int) int {
		found := env(name)
		if found == "" {
			found = fallback
		}
		n, err := strconv.Atoi(found)
		if err != nil || n < least || n > most {
			wrong(name, found, fmt.Sprintf("a whole number from %d to %d", least, most))
		}
		return n
	}
	c := config{
		stage:       text("ORDERPIPELINE_STAGE"),
		clientID:    text("ORDERPIPELINE_PIPELINE") + "-" + env("ORDERPIPELINE_STAGE"),
		brokers:     strings.Split(text("KAFKA_BOOTSTRAP_SERVERS"), ","),
		group:       text("KAFKA_GROUP_ID"),
		consume:     strings.Split(text("KAFKA_CONSUME_TOPICS"), ","),
		emit:        text("KAFKA_EMIT_TOPICS"),
		deadLetters: text("KAFKA_DEAD_LETTER_TOPIC"),
		concurrency: number("STAGE_CONCURRENCY", "10", 1, 1000),
		metricsPort: number("METRICS_PORT", "9090", 1, 65535),
	}
	if strings.Contains(c.emit, ",") {
		wrong("KAFKA_EMIT_TOPICS", c.emit, "one topic, that of the recommendations")
	}
	c.keyByOrder = slices.Contains(strings.Split(env("KAFKA_ORDER_KEYED_TOPICS"), ","), c.emit)
	security, err := securityOf(env)
	c.security = security
	return c, errors.Join(append(problems, err)...)
}

func securityOf(env func(string) string) ([]kgo.Opt, error) {
	var options []kgo.Opt
	protocol := env("KAFKA_SECURITY_PROTOCOL")
	if strings.HasSuffix(protocol, "SSL") {
		trust := &tls.Config{MinVersion: tls.VersionTLS12}
		if ca := env("KAFKA_TLS_CA"); ca != "" { // else the public authorities
			trust.RootCAs = x509.NewCertPool()
			if !trust.RootCAs.AppendCertsFromPEM([]byte(ca)) {
				return nil, errors.New("KAFKA_TLS_CA: found no certificate; allowed: certificates as PEM")
			}
		}
		if certificate := env("KAFKA_TLS_CERTIFICATE"); certificate != "" { // where Kafka asks for one
			client, err := tls.X509KeyPair([]byte(certificate), []byte(env("KAFKA_TLS_KEY")))
			if err != nil {
				return nil, fmt.Errorf("KAFKA_TLS_CERTIFICATE, KAFKA_TLS_KEY: %w", err)
			}
			trust.Certificates = []tls.Certificate{client}
		}
		options = append(options, kgo.DialTLSConfig(trust))
	}
	if !strings.HasPrefix(protocol, "SASL") {
		return options, nil
	}
	user, password := env("KAFKA_SASL_USERNAME"), env("KAFKA_SASL_PASSWORD")
	switch mechanism := env("KAFKA_SASL_MECHANISM"); mechanism {
	case "PLAIN":
		options = append(options, kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()))
	case "SCRAM-SHA-256":
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))
	default:
		return nil, fmt.Errorf("KAFKA_SASL_MECHANISM: found %q; allowed: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512", mechanism)
	}
	return options, nil
}
