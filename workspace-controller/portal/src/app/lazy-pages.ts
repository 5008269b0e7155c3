import { lazy } from 'react';

/* Each page is loaded when it is first shown. */
export const WorkspacesPage = lazy(() => import('../pages/workspaces/workspaces-page.tsx'));
export const WorkspacePage = lazy(() => import('../pages/workspace/workspace-page.tsx'));
export const NewWorkspacePage = lazy(() => import('../pages/new-workspace/new-workspace-page.tsx'));
export const TemplatesPage = lazy(() => import('../pages/templates/templates-page.tsx'));
export const TemplateEditPage = lazy(() => import('../pages/templates/template-edit-page.tsx'));
export const TeamsPage = lazy(() => import('../pages/teams/teams-page.tsx'));
export const TeamPage = lazy(() => import('../pages/teams/team-page.tsx'));
export const PeoplePage = lazy(() => import('../pages/people/people-page.tsx'));
export const AuditPage = lazy(() => import('../pages/audit/audit-page.tsx'));
export const AccountPage = lazy(() => import('../pages/account/account-page.tsx'));
export const SignInPage = lazy(() => import('../pages/sign-in/sign-in-page.tsx'));
export const SignInLinkPage = lazy(() => import('../pages/sign-in/sign-in-link-page.tsx'));
export const InvitationPage = lazy(() => import('../pages/sign-in/invitation-page.tsx'));
