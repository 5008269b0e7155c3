// Runs before the first paint, so that a dark page never flashes white. A file of its own: the policy allows no inline script.
(function () {
    var stored;
    try {
        stored = localStorage.getItem('tandem.color-scheme');
    } catch (error) {
        stored = 'auto';
    }
    var dark = stored === 'dark' || (stored !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
