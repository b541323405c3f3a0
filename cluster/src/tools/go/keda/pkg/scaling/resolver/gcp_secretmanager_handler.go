package resolver

import (
	"context"
	"errors"

	"github.com/go-logr/logr"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	kedav1alpha1 "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
)

var errLeftOut = errors.New("this KEDA was built without Google Cloud's Secret Manager")

// GCPSecretManagerHandler answers that it is left out: its client is a large part of a build.
type GCPSecretManagerHandler struct{}

func NewGCPSecretManagerHandler(*kedav1alpha1.GCPSecretManager) *GCPSecretManagerHandler {
	return &GCPSecretManagerHandler{}
}

func (*GCPSecretManagerHandler) Initialize(context.Context, client.Client, logr.Logger, string, corev1listers.SecretLister) error {
	return errLeftOut
}

func (*GCPSecretManagerHandler) Read(context.Context, string, string) (string, error) {
	return "", errLeftOut
}
