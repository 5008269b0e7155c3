/** Every name and constant that two parts of Tandem share. One place, so that nothing drifts. */

/** API group and label prefix of our resources. */
export const API_GROUP = 'tandem.dev';
/** Version of our resources. */
export const API_VERSION = 'v1alpha1';
/** `apiVersion` of every resource. */
export const RESOURCE_API_VERSION = `${API_GROUP}/${API_VERSION}`;
/** Who owns the fields that the controller applies on Kubernetes. */
export const FIELD_MANAGER = 'tandem-controller';

/** Where the platform listens unless told otherwise (127.0.0.1 and ::1). */
export const DEFAULT_PORT = 7400;
/** Data directory below the home of the person who starts the platform. */
export const DEFAULT_DATA_DIRECTORY = '.tandem';
/** Portal host on one machine; browsers resolve `*.localhost` to loopback. */
export const DEFAULT_PORTAL_HOST = 'tandem.localhost';
/** Content domain on one machine: workspaces are `<name>.ws.tandem.localhost`. */
export const DEFAULT_CONTENT_DOMAIN = 'ws.tandem.localhost';
/** Host label below the content domain that serves the hashed IDE bundles for all workspaces. */
export const STATIC_HOST_LABEL = 'static';
/** Labels below the content domain that no workspace can have. */
export const RESERVED_HOST_LABELS: readonly string[] = [STATIC_HOST_LABEL, 'www', 'api', 'portal', 'collab', 'admin'];
/** Host labels of webviews begin like this: `wv-<uuid>-<workspace>`. */
export const WEBVIEW_HOST_PREFIX = 'wv-';
/** Between port and workspace in a port's host label: `<port>--<workspace>`. */
export const PORT_HOST_SEPARATOR = '--';

/** Prefix of every REST path. */
export const API_PREFIX = '/api/v1';
/** Paths on workspace origins that the gateway answers itself. */
export const RESERVED_PATH = '/.tandem/';
/** Collaboration server on workspace origins (with their cookie) and on the portal's (with a token), in Hocuspocus framing. */
export const COLLAB_PATH = '/.tandem/collab/hocuspocus';
/** On the IDE's server: the control WebSocket, dialled by the controller only. */
export const CONTROL_PATH = '/.tandem/control';

/** Carries the per-connection identity token from the gateway upstream. Lower case, as Node reports headers. */
export const IDENTITY_HEADER = 'tandem-identity';
/** Carries the secret from origin storage that proves a cookie-authenticated call came from our page. */
export const REQUEST_SECRET_HEADER = 'tandem-request-secret';
/** Session cookie of the portal origin; `__Host-` is put in front where the origin is a secure context. */
export const PORTAL_COOKIE = 'tandem-session';
/** Handle cookie of a workspace origin; `__Host-` is put in front where the origin is a secure context. */
export const WORKSPACE_COOKIE = 'tandem-workspace';

/** Lines printed alone on standard output, for people and scripts. */
export const READY_LINE = 'TANDEM READY';
export const SIGN_IN_LINE = 'TANDEM SIGN-IN';
export const COLLAB_READY_LINE = 'COLLAB READY';

/** Port of the IDE in pods; on one machine it is a Unix socket. */
export const IDE_PORT = 3000;
/** Folder of the project below a workspace's home. */
export const PROJECT_DIRECTORY = 'project';

/** How long a printed sign-in link works, in milliseconds. */
export const SIGN_IN_LINK_LIFETIME_MS = 15 * 60_000;
/** How long a one-time hand-over code works, in milliseconds. */
export const ONE_TIME_CODE_LIFETIME_MS = 30_000;
/** How long a per-connection identity token is valid, in milliseconds. */
export const IDENTITY_TOKEN_LIFETIME_MS = 5 * 60_000;
/** A workspace that no controller has reached for this long saves and ends, in milliseconds. */
export const CONTROLLER_LOST_MS = 10 * 60_000;
/** A consumer that has not heard the revocation feed for this long admits no new upgrade, in milliseconds. */
export const REVOCATION_FEED_LOST_MS = 30_000;

/** Resource name of the team that exists from the first start. */
export const DEFAULT_TEAM = 'home';
/** Namespace of install-wide kinds (users, teams, templates). */
export const INSTALL_NAMESPACE = 'tandem';
/** Template that exists from the first start. */
export const DEFAULT_TEMPLATE = 'default';
/** Namespace of a team's objects on Kubernetes and in SQLite: `team-<team>`. */
export const TEAM_NAMESPACE_PREFIX = 'team-';

/** Pages of the portal that other parts link to. */
export const PORTAL_PAGES = {
    /** `#token=<one-time sign-in token>` signs in; `?return=<path>` is where to go afterwards; `?error=<code>` says why it failed. */
    signIn: '/sign-in',
    /** `#token=<invitation token>`; the token is the `:id` of `getInvitation` and `acceptInvitation`. */
    invitation: '/invitation',
    /** `?repo=<git url>&ref=<ref>` */
    newWorkspace: '/new',
    /** Followed by the workspace's name; `?share=1` opens the dialog that lets somebody in. */
    workspace: '/workspaces/',
} as const;
/** Name of a one-time secret in a link's fragment, which no server and no log sees. */
export const LINK_TOKEN_FRAGMENT = 'token';
/** On the portal's origin: `/open/<workspace>?to=<path>` (`&port=<n>` for a port) goes to the IDE of the signed-in person, waking it. */
export const OPEN_PATH = '/open/';
/** Sign-in with an OpenID provider begins here: `/auth/oidc/<id>/start?return=<path>`. */
export const OIDC_PATH = '/auth/oidc/';
/** How long the URL that `openWorkspace` answers with works, in milliseconds. */
export const OPEN_URL_LIFETIME_MS = 5 * 60_000;

/** Label of a workspace that waits in a pool; its value is the pool's name. A claim removes it. */
export const POOL_LABEL = `${API_GROUP}/pool`;
/** Owner of workspaces that wait in a pool; no person can have this name. */
export const POOL_OWNER = 'tandem-pool';
/** Keeps a workspace's object until its processes and files are gone. */
export const CLEANUP_FINALIZER = `${API_GROUP}/cleanup`;
