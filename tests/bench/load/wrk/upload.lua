-- Uploads of 64 KiB (UPLOAD_BYTES of content.ts).
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/octet-stream"
wrk.body = string.rep("0123456789abcdef", 4096)
