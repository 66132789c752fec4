import { defineConfig } from 'vite';

// Two pages, the chat and the microscope, share Preact and the looks. Nothing is inlined: the server's CSP allows only files of its own.
export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2021',
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    rollupOptions: { input: ['index.html', 'wire/index.html'] },
  },
});
