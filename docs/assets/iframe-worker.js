// Search runs in a worker, and a page opened from the disk (file:) may not start one. There, a
// hidden frame of the page's own origin does the worker's part, so that the site needs no server.
// The site generator would otherwise load a script for this from elsewhere (zensical.toml).
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.onmessage = this.onerror = this.onmessageerror = null;
      this.waiting = [];
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.frame.srcdoc = "<!doctype html><title>search</title>";
      this.frame.onload = () => this.start(new URL(url, document.baseURI).href);
      document.body.append(this.frame);
    }

    start(url) {
      const inside = this.frame.contentWindow;
      inside.postMessage = (message) => {
        const data = structuredClone(message); // a worker never shares objects with its page
        setTimeout(() => this.onmessage?.({ data }));
      };
      const script = inside.document.createElement("script");
      script.src = url;
      script.onerror = () => this.onerror?.(new Event("error"));
      script.onload = () => {
        this.deliver = (data) => setTimeout(() => inside.onmessage?.({ data }));
        this.waiting.splice(0).forEach(this.deliver);
      };
      inside.document.head.append(script);
    }

    postMessage(message) {
      const data = structuredClone(message);
      this.deliver ? this.deliver(data) : this.waiting.push(data);
    }

    terminate() {
      this.frame.remove();
    }
  };
}
