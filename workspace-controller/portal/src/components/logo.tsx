/** The mark. `public/logo.svg` has the same drawing; inline it costs no request. */
export function Logo({ size = 22 }: { size?: number }) {
    return (
        <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect x="2" y="2" width="19" height="19" rx="5" fill="#8b96ad" />
            <rect x="11" y="11" width="19" height="19" rx="5" fill="#566179" />
            <path d="M11 16a5 5 0 0 1 5-5h5v5a5 5 0 0 1-5 5h-5z" fill="#4c6fff" />
        </svg>
    );
}
