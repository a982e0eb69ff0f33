// A file of its own, since the page may have no code in it (Content-Security-Policy).
window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    // Left alone, Swagger UI would send the document's address to validator.swagger.io.
    validatorUrl: null,
  });
};
