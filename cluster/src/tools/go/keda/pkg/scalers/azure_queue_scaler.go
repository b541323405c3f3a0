package scalers

// What other scalers take from this file, whose own scaler is left out.
const externalMetricType = "External"
