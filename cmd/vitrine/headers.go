package main

import "net/http"

// safeHeaders are what every answer has, an error, a redirection and a metric too. A handler that needs more for its
// pages, such as their own style sheet, replaces the policy.
func safeHeaders() map[string]string {
	return map[string]string{
		"Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY", // for browsers that don't know frame-ancestors
		"Referrer-Policy":         "same-origin",
		"Permissions-Policy":      "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
		// Pages of other sites get no hold of a window that shows ours.
		"Cross-Origin-Opener-Policy": "same-origin",
		// Nor do they embed what we answer, but for what says so (open data, by CORS).
		"Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control":                "no-store",
	}
}

// hstsAge is a year in seconds, the least that browsers' lists take.
const hstsAge = "max-age=31536000"

// guarded gives each answer the safe headers before next sets its own.
func guarded(next http.Handler) http.Handler {
	headers := safeHeaders()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, value := range headers {
			h.Set(name, value)
		}
		if r.TLS != nil { // over plain HTTP browsers ignore it, and the one that ends TLS before us must set its own
			h.Set("Strict-Transport-Security", hstsAge)
		}
		next.ServeHTTP(w, r)
	})
}
