// Runs before the page is painted: the chosen theme, else the system's.
(() => {
  const root = document.documentElement;
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => {
    try {
      return localStorage.getItem('theme') || '';
    } catch {
      return '';
    }
  };
  const apply = () => {
    const theme = chosen() || (document.cookie.match(/(?:^|; )theme=(light|dark)/) || [])[1];
    root.setAttribute('data-bs-theme', theme || (system.matches ? 'dark' : 'light'));
  };
  apply();
  system.addEventListener('change', apply);
})();
